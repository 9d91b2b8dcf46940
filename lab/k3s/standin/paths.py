"""Where k3s keeps its files, and how they are written."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

ETC = Path("/etc/rancher")
NODE_PASSWORD = ETC / "node/password"
KUBECONFIG = ETC / "k3s/k3s.yaml"
RUN = Path("/run/k3s")
CONTAINERD_SOCKET = RUN / "containerd/containerd.sock"


@dataclass(frozen=True)
class Paths:
    data: Path

    @property
    def server(self) -> Path:
        return self.data / "server"

    @property
    def agent(self) -> Path:
        return self.data / "agent"

    @property
    def tls(self) -> Path:
        return self.server / "tls"

    @property
    def cred(self) -> Path:
        return self.server / "cred"

    @property
    def encryption_config(self) -> Path:
        return self.cred / "encryption-config.json"

    @property
    def encryption_state(self) -> Path:
        return self.cred / "encryption-state.json"

    @property
    def etcd(self) -> Path:
        return self.server / "db/etcd"

    @property
    def reset_flag(self) -> Path:
        return self.server / "db/reset-flag"

    @property
    def snapshots(self) -> Path:
        return self.server / "db/snapshots"

    @property
    def has_datastore(self) -> bool:
        return (self.etcd / "member/wal").is_dir()


def write(path: Path, content: str | bytes, mode: int = 0o600) -> None:
    """Whole or not at all: another process never sees half a file, a crash leaves none."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as handle:
        handle.write(content.encode() if isinstance(content, str) else content)
        handle.flush()
        os.fchmod(handle.fileno(), mode)
        os.fsync(handle.fileno())
    draft.rename(path)


def link(path: Path, target: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)
