"""The cluster's own secrets as files: packed for the datastore, compared with it, written back from it."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from . import pki
from .errors import Refusal
from .paths import Paths, write

FILES = [
    *(f"tls/{name}.{kind}" for name in pki.AUTHORITIES for kind in ("crt", "key")),
    "tls/service.key", "cred/passwd", "cred/ipsec.psk", "cred/encryption-config.json", "cred/encryption-state.json",
]  # fmt: skip
SKEW = 3  # seconds that a file may be newer than the datastore's


@dataclass(frozen=True)
class Kept:
    """One file as the datastore has it."""

    content: bytes
    modified: float


def on_disk(server: Path) -> dict[str, Kept]:
    """What lies below a directory that is laid out like a server's."""
    files = {name: server / name for name in FILES if (server / name).exists()}
    return {name: Kept(file.read_bytes(), file.stat().st_mtime) for name, file in files.items()}


def write_out(kept: dict[str, Kept]) -> bytes:
    return json.dumps({
        name: {"Timestamp": file.modified, "Content": base64.b64encode(file.content).decode()}
        for name, file in kept.items()
    }).encode()  # fmt: skip


def pack(paths: Paths) -> bytes:
    return write_out(on_disk(paths.server))


def read(packed: bytes) -> dict[str, Kept]:
    return {
        name: Kept(base64.b64decode(file["Content"]), file["Timestamp"])
        for name, file in json.loads(packed).items()
        if name in FILES
    }


def missing(paths: Paths) -> list[str]:
    return [name for name in FILES if not (paths.server / name).exists()]


def predate(paths: Paths, names: Iterable[str]) -> None:
    """Mark what was only made because it was missing: whatever the datastore has is newer."""
    for name in names:
        if (paths.server / name).exists():
            os.utime(paths.server / name, (0, 0))


def unpack(paths: Paths, kept: dict[str, Kept]) -> None:
    for name, file in kept.items():
        write(paths.server / name, file.content)
        os.utime(paths.server / name, (file.modified, file.modified))


def reconcile(paths: Paths, kept: dict[str, Kept]) -> bool:
    """Bring the files up to date, and say whether there was anything to do; newer ones are nobody's to overwrite."""
    different = {name: file for name, file in kept.items() if not _same(paths, name, file)}
    newer = [str(paths.server / name) for name, file in different.items() if _newer(paths, name, file)]
    if newer:
        raise Refusal(
            f"{', '.join(newer)} newer than datastore and could cause a cluster outage. Remove the file(s) from disk "
            "and restart to be recreated from datastore."
        )
    unpack(paths, different)
    return bool(different)


def begun(paths: Paths) -> bool:
    """Whether every directory of secrets holds something; without, a joiner takes all that it is given."""
    directories = (paths.cred, paths.tls, paths.tls / "etcd")
    return all(directory.is_dir() and any(directory.iterdir()) for directory in directories)


def _same(paths: Paths, name: str, file: Kept) -> bool:
    return (paths.server / name).exists() and (paths.server / name).read_bytes() == file.content


def _newer(paths: Paths, name: str, file: Kept) -> bool:
    target = paths.server / name
    return target.exists() and int(target.stat().st_mtime) - int(file.modified) >= SKEW
