# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files with a known checksum: verified, put in place, fetched by one process at a time."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import typing as t
from pathlib import Path


class ChecksumError(Exception):
    """Content that is not what was promised."""


def sha256_of(path: Path) -> str:
    """The checksum of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_sha256(path: Path, expected: str, origin: str) -> None:
    """Raise unless the file has the expected checksum."""
    found = sha256_of(path)
    if found != expected:
        raise ChecksumError(f"{origin} is not what was pinned: expected sha256 {expected}, found {found}; refused")


def place(source: Path, path: Path, sha256: str, mode: int, label: str) -> None:
    """Verify a file where it will stay, then give it its name in one step; the source is used up.

    Raises ChecksumError, and leaves what was there before, when it is not the file that was promised.
    """
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        shutil.move(source, part)
        require_sha256(part, sha256, label)
        os.chown(part, 0, 0)
        part.chmod(mode)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(path: Path) -> t.Iterator[None]:
    """Hold ``<path>.lock``, so that of several processes one fetches and the others find the result."""
    file = path.with_name(f"{path.name}.lock")
    while True:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Whoever held it may have removed it together with its directory, and then it keeps nobody out.
            if file.exists() and os.path.samestat(file.stat(), os.fstat(lock.fileno())):
                yield
                return
