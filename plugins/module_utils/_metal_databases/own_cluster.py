# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cluster of this server, asked as its administrator by what k3s brings: a host has no client of Kubernetes."""

from __future__ import annotations

import contextlib
import re
import subprocess
import tempfile
import typing as t

from .._k3s import client, layout, objects
from .._kube import kinds
from .._kube.deadline import within
from .._kube.done import Done

# What it takes to run a command at all and to be told its end, on top of what the command itself may take.
_SPARE = 20
# kubectl's last word on a command that has ended by itself; without it, its own status is that of kubectl.
_ENDED = re.compile(r"\n?command terminated with exit code (\d+)\s*$")
_FORWARDS = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+) ")
_END_SECONDS = 5
Object = dict[str, t.Any]


class OwnCluster:
    """One namespace of it. Every error is C(client.Unreachable). kubectl: how that is called here."""

    def __init__(
        self, namespace: str, seconds: int = 300, kubectl: t.Sequence[str] = (layout.BINARY, "kubectl")
    ) -> None:
        """seconds: that one question may take."""
        self.name, self.seconds, self._kubectl = namespace, seconds, list(kubectl)

    def identity(self) -> str:
        """The UID of the namespace kube-system, by which clusters are told from one another."""
        return str(objects.api(self.seconds).json("/api/v1/namespaces/kube-system")["metadata"]["uid"])

    def get(self, kind: str, name: str) -> Object | None:
        return objects.api(self.seconds).find(kinds.path(kind, self.name, name))

    def all(self, kind: str) -> list[Object]:
        """Those of a kind in the namespace; none where there is no such namespace."""
        found = objects.api(self.seconds).find(kinds.path(kind, self.name, "").rstrip("/"))
        return list((found or {}).get("items") or [])

    def run(self, pod: str, container: str, command: t.Sequence[str], seconds: int = 0) -> Done:
        """seconds: that it may take, where that is not the usual."""
        limit = (seconds or self.seconds) + _SPARE
        what = f"a command in container {container} of pod {pod}"
        asked = [*self._kubectl, "exec", f"--namespace={self.name}", pod, f"--container={container}", "--", *command]
        try:
            done = subprocess.run(
                asked, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
                timeout=limit,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise client.Unreachable(f"{what} did not end within {limit} s -> wait longer") from error
        except OSError as error:
            raise client.Unreachable(f"{what} cannot be run: {error}") from error
        ended = _ENDED.search(done.stderr)
        if done.returncode and not ended:
            raise client.Unreachable(f"{what} was not run: {' '.join(done.stderr.split()) or done.returncode}")
        return Done(int(ended[1]) if ended else 0, done.stdout, _ENDED.sub("", done.stderr))

    @contextlib.contextmanager
    def tunnel(self, pod: str, port: int) -> t.Iterator[tuple[int, t.Callable[[], str]]]:
        what = f"forwarding to port {port} of pod {pod}"
        asked = [*self._kubectl, "port-forward", f"--namespace={self.name}", "--address=127.0.0.1", pod, f":{port}"]
        with tempfile.TemporaryFile("w+", encoding="utf-8") as said:

            def broken() -> str:
                said.seek(0)
                return " ".join(said.read().split())

            try:
                running = subprocess.Popen(
                    asked, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, text=True
                )
            except OSError as error:
                raise client.Unreachable(f"{what} cannot be begun: {error}") from error
            try:
                said_first = t.cast("t.IO[str]", running.stdout).readline
                told = _FORWARDS.match(within(self.seconds, what, said_first))
                if not told:
                    raise client.Unreachable(f"{what} has ended: {broken() or 'without a word'}")
                yield int(told[1]), broken
            finally:
                running.terminate()
                try:
                    running.wait(_END_SECONDS)
                except subprocess.TimeoutExpired:
                    running.kill()
                    running.wait()
