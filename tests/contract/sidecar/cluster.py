"""A stand-in of the cluster that a pod of the contract is in: what our modules ask of one, answered by the sandbox.

The sidecar is its only container. While it does not run, a reader sees the volume as metal_database_info would have it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from typing import Any

from sidecar import SECONDS, Sidecar

from plugins.module_utils._kube import kinds
from plugins.module_utils._kube.done import Done
from plugins.module_utils._metal_databases import deployed, reader


class Cluster:
    """of: the pod that is looked at; None where nothing was deployed."""

    seconds = SECONDS

    def __init__(self) -> None:
        self.of: Sidecar | None = None
        self._marks: dict[str, dict[str, Any]] = {}

    def identity(self) -> str:
        return "contract"

    def get(self, kind: str, name: str) -> dict[str, Any] | None:
        """There never is a StatefulSet."""
        if kind == kinds.CONFIG_MAP:
            return self._marks.get(name)
        metadata = {"name": name, "uid": "contract"}
        if kind == kinds.CLAIM and self.of is not None:
            return {"metadata": metadata, "status": {"phase": "Bound"}}
        if kind == kinds.POD and self.of is not None and self.of.running:
            status = {"name": deployed.SIDECAR, "state": {"running": {}}}
            return {"metadata": metadata, "spec": {}, "status": {"containerStatuses": [status]}}
        return None

    def keep(self, kind: str, name: str, data: Mapping[str, Any]) -> None:
        assert kind == kinds.CONFIG_MAP
        self._marks[name] = {"data": dict(data)}

    def remove(self, kind: str, name: str) -> None:
        assert kind == kinds.CONFIG_MAP
        del self._marks[name]

    def run(self, _pod: str, container: str, command: list[str]) -> Done:
        assert container == deployed.SIDECAR and self.of is not None
        process = self.of.inside(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        output, errors = process.communicate(timeout=SECONDS)
        return Done(process.returncode, output.decode(), errors.decode())

    def output(self, manifest: dict[str, Any]) -> str:
        (container,) = manifest["spec"]["containers"]
        assert container["name"] == reader.NAME
        done = self.run("", deployed.SIDECAR, container["command"])
        assert done.code == 0, done.errors
        return done.output
