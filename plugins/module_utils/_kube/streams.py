# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes over a web socket of the Kubernetes API: a command in a container, and a way to a port of a pod."""

from __future__ import annotations

import contextlib
import json
import typing as t

from .._k3s.client import Unreachable
from .client import Cluster, line
from .deadline import within
from .done import Done
from .libraries import load
from .tunnel import Tunnel

_ERROR_CHANNEL = 3
# Between the parts of what the websocket package says of an upgrade that was refused.
_PARTS = " -+-+- "
# What it takes to run a command at all and to be told its end, on top of what the command itself may take.
_SPARE = 10


def run(cluster: Cluster, namespace: str, pod: str, container: str, command: t.Sequence[str]) -> Done:
    """Run a command in a container until it ends. Whatever keeps its end or its exit code from us is an error."""
    what = f"a command in container {container} of pod {pod}"
    most = cluster.seconds + _SPARE

    def socket() -> t.Any:
        return _open(
            cluster, f"run {what}", "stream", "connect_get_namespaced_pod_exec", pod, namespace,
            container=container, command=list(command), stdin=False, stdout=True, stderr=True, tty=False,
            _preload_content=False,
        )  # fmt: skip

    return within(most + _SPARE, what, lambda: _ended(socket, most, what))


def _ended(socket: t.Callable[[], t.Any], seconds: float, what: str) -> Done:
    try:
        running = socket()
        running.run_forever(timeout=seconds)
    except (load("websocket").WebSocketException, OSError) as error:
        raise Unreachable(f"{what} was cut off: {line(error)} -> run it again") from error
    try:
        if running.is_open():
            raise Unreachable(f"{what} did not end within {seconds} s -> wait longer")
        code = _code(running.read_channel(_ERROR_CHANNEL), what)
        return Done(code, running.read_stdout(), running.read_stderr())
    finally:
        running.close()


@contextlib.contextmanager
def tunnel(cluster: Cluster, namespace: str, pod: str, port: int) -> t.Iterator[tuple[int, t.Callable[[], str]]]:
    """A port on loopback that leads to one of the pod, and what tells why it has led nowhere."""
    what, call = f"to port {port} of pod {pod}", "connect_get_namespaced_pod_portforward"
    forward = within(
        cluster.seconds,
        f"forwarding {what}",
        lambda: _open(cluster, f"forward {what}", "portforward", call, pod, namespace, ports=str(port)),
    )
    local = Tunnel(forward.socket(port))
    try:
        yield local.port, lambda: forward.error(port) or ""
    finally:
        local.close()


def _open(cluster: Cluster, what: str, upgrade: str, call: str, *words: str, **more: t.Any) -> t.Any:
    """A client of its own for each upgrade: the library bends one until its upgrade has ended, which may hang."""
    client = load("kubernetes.client")
    core = client.CoreV1Api(client.ApiClient(cluster.api.configuration))
    try:
        opened = getattr(load("kubernetes.stream"), upgrade)
        return opened(getattr(core, call), *words, _request_timeout=cluster.seconds, **more)
    except load("kubernetes.client.exceptions").ApiException as error:
        raise Unreachable(f"the cluster refuses to {what}: {_reason(error)}", error.status or 0) from error
    except load("urllib3.exceptions").HTTPError as error:
        raise Unreachable(f"the cluster gives no answer to {what}: {line(error)}") from error


def _code(status: str, what: str) -> int:
    """The exit code in the status by which the API ends a command. Raises where there is none."""
    try:
        told = json.loads(status)
        if told["status"] == "Success":
            return 0
        causes = told.get("details", {}).get("causes", [])
        codes = [one["message"] for one in causes if one.get("reason") == "ExitCode"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreachable(f"{what} was cut off before it ended -> run it again") from error
    if not codes:
        raise Unreachable(f"{what} was not run: {told.get('message', 'no reason was given')}")
    return int(codes[0])


def _reason(error: t.Any) -> str:
    """What an error of the API says: the message of its status, else its reason.

    Of an upgrade that was refused the client gives all in one text: what came first, the headers, and the status.
    """
    first, *rest = str(error.reason).split(_PARTS)
    for status in (error.body, *rest[-1:]):
        try:
            return str(json.loads(status)["message"])
        except (ValueError, KeyError, TypeError):
            continue
    return line(first)
