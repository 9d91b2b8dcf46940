"""A stand-in of the cluster that a pod of the contract is in: what our modules ask of one, answered by the sandbox.

The sidecar is its only container. While it does not run, a reader sees the volume as metal_database_info would have it.
"""

from __future__ import annotations

import subprocess
from typing import Any

from sidecar import SECONDS, Sidecar

from plugins.module_utils._metal_databases import deployed, reader
from plugins.module_utils._metal_databases.done import Done


class Cluster:
    """of: the pod that is looked at; None where nothing was deployed."""

    seconds = SECONDS

    def __init__(self) -> None:
        self.of: Sidecar | None = None
        self._marks: dict[str, dict[str, Any]] = {}

    def identity(self) -> str:
        return "contract"

    def claim(self, name: str) -> dict[str, Any] | None:
        if self.of is None:
            return None
        return {"metadata": {"name": name, "uid": "contract"}, "status": {"phase": "Bound"}}

    def pod(self, name: str) -> dict[str, Any] | None:
        if self.of is None or not self.of.running:
            return None
        status = {"name": deployed.SIDECAR, "state": {"running": {}}}
        return {"metadata": {"name": name, "uid": "contract"}, "spec": {}, "status": {"containerStatuses": [status]}}

    def stateful_set(self, _name: str) -> None:
        return None

    def config_map(self, name: str) -> dict[str, Any] | None:
        return self._marks.get(name)

    def have_config_map(self, manifest: dict[str, Any]) -> None:
        self._marks[manifest["metadata"]["name"]] = manifest

    def drop_config_map(self, name: str) -> None:
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
