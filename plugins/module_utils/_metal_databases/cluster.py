# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster that the databases run in, by the Kubernetes API."""

from __future__ import annotations

import contextlib
import json
import time
import typing as t

from . import pods, reader
from .deadline import within
from .done import Done
from .errors import DatabaseError
from .libraries import load
from .tunnel import Tunnel

Object = dict[str, t.Any]
_ERROR_CHANNEL = 3
_PAUSE = 0.5
# Between the parts of what the websocket package says of an upgrade that was refused.
_PARTS = " -+-+- "
# What it takes to run a command at all and to be told its end, on top of what the command itself may take.
_SPARE = 10


class Cluster:
    """One namespace of it. Every error is DatabaseError: what gives no answer is never taken for what is not there."""

    def __init__(self, kubeconfig: str, context: str, namespace: str, seconds: int) -> None:
        """context: that of the file without it. seconds: how long one question may take."""
        client, config = load("kubernetes.client"), load("kubernetes.config")
        self.namespace, self.seconds = namespace, seconds
        self._exception = load("kubernetes.client.exceptions").ApiException
        try:
            self._api = config.new_client_from_config(kubeconfig, context or None, persist_config=False)
        except (OSError, ValueError, config.ConfigException) as error:
            raise DatabaseError(f"kubeconfig {kubeconfig} cannot be used: {_line(error)}") from error
        self._core, self._apps = client.CoreV1Api(self._api), client.AppsV1Api(self._api)

    def identity(self) -> str:
        """The UID of the namespace kube-system, by which clusters are told from one another."""
        found = self._read("namespace kube-system", self._core.read_namespace, "kube-system")
        if found is None:
            raise DatabaseError(
                "the cluster has no namespace kube-system -> check that kubeconfig is that of a cluster"
            )
        return str(found["metadata"]["uid"])

    def claim(self, name: str) -> Object | None:
        """The PersistentVolumeClaim."""
        return self._here(f"claim {name}", self._core.read_namespaced_persistent_volume_claim, name)

    def pod(self, name: str) -> Object | None:
        return self._here(f"pod {name}", self._core.read_namespaced_pod, name)

    def stateful_set(self, name: str) -> Object | None:
        return self._here(f"StatefulSet {name}", self._apps.read_namespaced_stateful_set, name)

    def config_map(self, name: str) -> Object | None:
        return self._here(f"ConfigMap {name}", self._core.read_namespaced_config_map, name)

    def have_config_map(self, manifest: Object) -> None:
        """Made, or what is in it replaced."""
        name = manifest["metadata"]["name"]
        if self.config_map(name) is None:
            self._call(f"make ConfigMap {name}", self._core.create_namespaced_config_map, self.namespace, manifest)
        else:
            self._call(
                f"replace ConfigMap {name}", self._core.replace_namespaced_config_map, name, self.namespace, manifest
            )

    def drop_config_map(self, name: str) -> None:
        with contextlib.suppress(_Missing):
            self._call(f"remove ConfigMap {name}", self._core.delete_namespaced_config_map, name, self.namespace)

    def run(self, pod: str, container: str, command: t.Sequence[str]) -> Done:
        """Run a command in a container until it ends. Whatever keeps its end or its exit code from us is an error."""
        what = f"a command in container {container} of pod {pod}"
        return within(self.seconds + 2 * _SPARE, what, lambda: self._run(pod, container, command, what))

    def _run(self, pod: str, container: str, command: t.Sequence[str], what: str) -> Done:
        lost = load("websocket").WebSocketException
        try:
            running = self._call(
                f"run {what}", load("kubernetes.stream").stream, self._apart().connect_get_namespaced_pod_exec,
                pod, self.namespace, container=container, command=list(command), stdin=False, stdout=True,
                stderr=True, tty=False, _preload_content=False,
            )  # fmt: skip
            running.run_forever(timeout=self.seconds + _SPARE)
        except (lost, OSError) as error:
            raise DatabaseError(f"{what} was cut off: {_line(error)} -> run it again") from error
        try:
            if running.is_open():
                raise DatabaseError(f"{what} did not end within {self.seconds + _SPARE} s -> wait longer")
            code = _code(running.read_channel(_ERROR_CHANNEL), what)
            return Done(code, running.read_stdout(), running.read_stderr())
        finally:
            running.close()

    def _apart(self) -> t.Any:
        """A client of its own for each upgrade: the library bends one until its upgrade has ended, which may hang."""
        client = load("kubernetes.client")
        return client.CoreV1Api(client.ApiClient(self._api.configuration))

    @contextlib.contextmanager
    def tunnel(self, pod: str, port: int) -> t.Iterator[tuple[int, t.Callable[[], str]]]:
        """A port on loopback that leads to one of the pod, and what tells why it has led nowhere."""
        forward = within(
            self.seconds, f"forwarding to port {port} of pod {pod}",
            lambda: self._call(
                f"forward to port {port} of pod {pod}", load("kubernetes.stream").portforward,
                self._apart().connect_get_namespaced_pod_portforward, pod, self.namespace, ports=str(port),
            ),
        )  # fmt: skip
        local = Tunnel(forward.socket(port))
        try:
            yield local.port, lambda: forward.error(port) or ""
        finally:
            local.close()

    def output(self, manifest: Object) -> str:
        """What a pod that is made for it writes until it ends. It replaces one that was left, and is removed."""
        name = manifest["metadata"]["name"]
        self.drop_pod(name)
        self._call(f"make pod {name}", self._core.create_namespaced_pod, self.namespace, manifest)
        try:
            ended = self._ended(name)
            log = self._core.read_namespaced_pod_log
            written = str(self._call(f"read the log of pod {name}", log, name, self.namespace))
            if ended != "Succeeded":
                raise DatabaseError(f"pod {name} has ended as {ended}: {written.strip()[-200:] or 'without a word'}")
            return written
        finally:
            self.drop_pod(name)

    def _ended(self, name: str) -> str:
        end = time.monotonic() + self.seconds
        while True:
            pod = self.pod(name)
            if pod is None:
                raise DatabaseError(f"pod {name} was removed by somebody else -> run it again")
            phase = pod.get("status", {}).get("phase", "")
            if phase in reader.ENDED:
                return str(phase)
            if time.monotonic() > end:
                raise DatabaseError(f"pod {name} has not ended within {self.seconds} s: {pods.waits_for(pod)}")
            time.sleep(_PAUSE)

    def drop_pod(self, name: str) -> None:
        """Remove it, and wait until it is gone."""
        try:
            self._call(
                f"remove pod {name}", self._core.delete_namespaced_pod, name, self.namespace, grace_period_seconds=0
            )
        except _Missing:
            return
        self._await_end(f"pod {name}", lambda: self.pod(name))

    def drop_stateful_set(self, name: str) -> None:
        """Remove it; its claims stay."""
        with contextlib.suppress(_Missing):
            self._call(
                f"remove StatefulSet {name}", self._apps.delete_namespaced_stateful_set, name, self.namespace,
                propagation_policy="Background",
            )  # fmt: skip

    def end_pod(self, name: str) -> None:
        """Remove it in its own time, and wait until it is gone."""
        with contextlib.suppress(_Missing):
            self._call(f"remove pod {name}", self._core.delete_namespaced_pod, name, self.namespace)
        self._await_end(f"pod {name}", lambda: self.pod(name))

    def drop_claim(self, name: str) -> None:
        """Remove it with its volume, and wait until it is gone."""
        with contextlib.suppress(_Missing):
            self._call(
                f"remove claim {name}", self._core.delete_namespaced_persistent_volume_claim, name, self.namespace
            )
        self._await_end(f"claim {name}", lambda: self.claim(name))

    def _await_end(self, what: str, find: t.Callable[[], Object | None]) -> None:
        end = time.monotonic() + self.seconds
        while find() is not None:
            if time.monotonic() > end:
                raise DatabaseError(
                    f"{what} is still there {self.seconds} s after it was removed -> see what keeps it, its node among"
                    " that, and run it again"
                )
            time.sleep(_PAUSE)

    def _here(self, what: str, call: t.Callable[..., t.Any], name: str) -> Object | None:
        return self._read(what, call, name, self.namespace)

    def _read(self, what: str, call: t.Callable[..., t.Any], *words: str) -> Object | None:
        try:
            found = self._call(f"read {what}", call, *words)
        except _Missing:
            return None
        return t.cast(Object, self._api.sanitize_for_serialization(found))

    def _call(self, what: str, call: t.Callable[..., t.Any], *words: t.Any, **more: t.Any) -> t.Any:
        failed = load("urllib3").exceptions.HTTPError
        try:
            return call(*words, _request_timeout=self.seconds, **more)
        except self._exception as error:
            if error.status == 404:
                raise _Missing(f"the cluster has nothing to {what} of") from error
            raise DatabaseError(f"the cluster refuses to {what}: {_reason(error)}") from error
        except failed as error:
            raise DatabaseError(f"the cluster gives no answer to {what}: {_line(error)}") from error


class _Missing(DatabaseError):
    """There is no such object."""


def _code(status: str, what: str) -> int:
    """The exit code in the status by which the API ends a command. Raises where there is none."""
    try:
        told = json.loads(status)
        if told["status"] == "Success":
            return 0
        causes = told.get("details", {}).get("causes", [])
        codes = [one["message"] for one in causes if one.get("reason") == "ExitCode"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatabaseError(f"{what} was cut off before it ended -> run it again") from error
    if not codes:
        raise DatabaseError(f"{what} was not run: {told.get('message', 'no reason was given')}")
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
    return _line(first)


def _line(error: object) -> str:
    said = " ".join(str(error).split())
    return said if len(said) <= 300 else f"{said[:300]}…"
