"""server/manifests: packaged add-ons staged into it, and whatever lies there applied when it changes."""

from __future__ import annotations

import hashlib
import logging
import subprocess
from importlib import resources
from pathlib import Path

from .api import KUBE_SYSTEM, Client
from .settings import Settings
from .version import KUBERNETES

PACKAGED = ("coredns", "local-storage")
RECORD = "k3s-addons"


def render(template: str, settings: Settings) -> str:
    for name, value in {
        "CLUSTER_DNS": settings.dns, "CLUSTER_DOMAIN": settings.domain, "LOCAL_STORAGE": settings.storage_path,
    }.items():  # fmt: skip
        template = template.replace(f"%{{{name}}}", value)
    return template


class Manifests:
    """One server's copy of the directory; what was applied, by checksum, is recorded in the cluster for all."""

    def __init__(self, settings: Settings, api: Client) -> None:
        self._settings, self._api = settings, api
        self._directory = settings.paths.server / "manifests"
        self._kubectl = [
            str(KUBERNETES / "kubectl"), f"--kubeconfig={settings.paths.cred / 'supervisor.kubeconfig'}",
        ]  # fmt: skip
        self._seen: dict[str, str] = {}

    def stage(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in PACKAGED:
            file = self._directory / f"{name}.yaml"
            template = resources.files(__package__).joinpath(f"manifests/{name}.yaml").read_text()
            content = render(template, self._settings)
            if name in self._settings.disabled:
                self._withdraw(file, content)
            elif not (self._directory / f"{file.name}.skip").exists():
                file.write_text(content)
                file.chmod(0o600)

    def sync(self) -> None:
        """Apply what changed since the last time, on this server or any other."""
        present = {file.name: _checksum(file) for file in self._files()}
        if present == self._seen:
            return
        applied = self._applied()
        changed = [name for name, checksum in present.items() if applied.get(name) != checksum]
        if changed:
            files = [f"--filename={self._directory / name}" for name in changed]
            if self._run("apply", *files):
                self._record({name: present[name] for name in changed})
                logging.info("Applied %s", ", ".join(changed))
            else:
                return
        self._seen = present

    def _files(self) -> list[Path]:
        files = [f for f in self._directory.rglob("*") if f.suffix in (".yaml", ".yml", ".json") and f.is_file()]
        return sorted(f for f in files if not f.with_name(f"{f.name}.skip").exists())

    def _withdraw(self, file: Path, content: str) -> None:
        if file.name in self._applied():
            file.write_text(content)
            if self._run("delete", "--ignore-not-found", f"--filename={file}"):
                self._record({file.name: None})
        file.unlink(missing_ok=True)

    def _applied(self) -> dict[str, str]:
        record = self._api.find(f"{KUBE_SYSTEM}/configmaps/{RECORD}")
        return (record or {}).get("data") or {}

    def _record(self, checksums: dict[str, str | None]) -> None:
        if not self._api.find(f"{KUBE_SYSTEM}/configmaps/{RECORD}"):
            self._api.call("POST", f"{KUBE_SYSTEM}/configmaps", {"metadata": {"name": RECORD}})
        self._api.call(
            "PATCH", f"{KUBE_SYSTEM}/configmaps/{RECORD}", {"data": checksums}, "application/merge-patch+json"
        )  # fmt: skip

    def _run(self, *arguments: str) -> bool:
        done = subprocess.run([*self._kubectl, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            logging.error("kubectl %s: %s", arguments[0], done.stderr.strip())
        return done.returncode == 0


def _checksum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
