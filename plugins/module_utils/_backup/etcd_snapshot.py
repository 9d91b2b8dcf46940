# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A snapshot of etcd as a file: whether it is whole, and what it holds."""

from __future__ import annotations

import hashlib
import json
import typing as t
from pathlib import Path

from .._k3s import host, layout
from . import command
from .errors import Damaged

# etcd appends the checksum of all that is before it, and pads what is before to full sectors.
DIGEST = 32
SECTOR = 512
RESET_SECONDS = 300


def whole(file: Path) -> bool:
    """Whether the file ends with the checksum of what is before, as etcd writes it into every snapshot it sends."""
    size = file.stat().st_size
    if size % SECTOR != DIGEST:
        return False
    digest, left = hashlib.sha256(), size - DIGEST
    with file.open("rb") as stream:
        while left:
            block = stream.read(min(left, 1 << 20))
            digest.update(block)
            left -= len(block)
        return stream.read() == digest.digest()


def opened(file: Path, etcdutl: str) -> dict[str, t.Any]:
    """What etcd's own tool finds when it opens the snapshot: revision, total_key, total_size."""
    found = json.loads(command.run(etcdutl, "snapshot", "status", str(file), "--write-out=json", seconds=300))
    if not found.get("totalKey"):
        raise Damaged(f"{file.name} holds no keys")
    return {"revision": int(found["revision"]), "keys": int(found["totalKey"])}


def restore(file: Path, *server: str) -> str:
    """Have k3s make a datastore of the snapshot; returns what it said."""
    # Where none has run yet it refuses a token that only a file was named for, and all users can read its arguments.
    token = {"K3S_TOKEN": host.read(layout.TOKEN_FILE).strip()}
    return command.run(
        *server, "--cluster-reset", f"--cluster-reset-restore-path={file}", seconds=RESET_SECONDS, environment=token
    )
