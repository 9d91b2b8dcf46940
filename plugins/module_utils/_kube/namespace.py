# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One namespace of a cluster: what is in it, what its pods run, and what is waited for in it."""

from __future__ import annotations

import time
import typing as t

from .._k3s import objects
from .._k3s.client import Unreachable
from . import streams
from .client import Cluster, Object
from .done import Done
from .kinds import POD

_PAUSE = 0.5
_SUCCEEDED = "Succeeded"


class Namespace:
    """What is waited for has as long as one question to the cluster, C(seconds)."""

    def __init__(self, cluster: Cluster, name: str) -> None:
        self._cluster, self.name, self.seconds = cluster, name, cluster.seconds

    def identity(self) -> str:
        """Of the cluster, see C(Cluster.identity)."""
        return self._cluster.identity()

    def get(self, kind: str, name: str) -> Object | None:
        return self._cluster.get(kind, self.name, name)

    def keep(self, kind: str, name: str, data: t.Mapping[str, t.Any]) -> None:
        """Have a ConfigMap or a Secret hold this and nothing else."""
        self._cluster.keep(kind, self.name, name, data, self.get(kind, name))

    def remove(self, kind: str, name: str) -> None:
        self._cluster.remove(kind, self.name, name)

    def end(self, kind: str, name: str, grace: int | None = None) -> None:
        """Remove an object, and wait until it is gone. grace: as C(Cluster.remove) has it."""
        self._cluster.remove(kind, self.name, name, grace)
        end = time.monotonic() + self.seconds
        while self.get(kind, name) is not None:
            if time.monotonic() > end:
                raise Unreachable(
                    f"{kind} {name} is still there {self.seconds} s after it was removed -> see what keeps it, its node"
                    " among that, and run it again"
                )
            time.sleep(_PAUSE)

    def last_words(self, pod: str, container: str) -> str:
        """See C(Cluster.last_words); empty where it never ended, or may not be read."""
        try:
            return self._cluster.last_words(self.name, pod, container)
        except Unreachable:
            return ""

    def run(self, pod: str, container: str, command: t.Sequence[str]) -> Done:
        """See C(streams.run)."""
        return streams.run(self._cluster, self.name, pod, container, command)

    def tunnel(self, pod: str, port: int) -> t.ContextManager[tuple[int, t.Callable[[], str]]]:
        """See C(streams.tunnel)."""
        return streams.tunnel(self._cluster, self.name, pod, port)

    def output(self, manifest: Object) -> str:
        """What a pod that is made for it writes until it ends. It replaces one that was left, and is removed."""
        name = manifest["metadata"]["name"]
        self.end(POD, name, 0)
        self._cluster.make({**manifest, "metadata": {**manifest["metadata"], "namespace": self.name}})
        try:
            phase = self._ended(name)
            written = self._cluster.log(self.name, name)
            if phase != _SUCCEEDED:
                raise Unreachable(f"pod {name} has ended as {phase}: {written.strip()[-200:] or 'without a word'}")
            return written
        finally:
            self.end(POD, name, 0)

    def _ended(self, name: str) -> str:
        end = time.monotonic() + self.seconds
        while True:
            pod = self.get(POD, name)
            if pod is None:
                raise Unreachable(f"pod {name} was removed by somebody else -> run it again")
            phase = str(pod.get("status", {}).get("phase", ""))
            if phase in (_SUCCEEDED, "Failed"):
                return phase
            if time.monotonic() > end:
                why = "; ".join(objects.waiting({"items": [pod]})) or f"it is {phase or 'new'}"
                raise Unreachable(f"pod {name} has not ended within {self.seconds} s: {why}")
            time.sleep(_PAUSE)
