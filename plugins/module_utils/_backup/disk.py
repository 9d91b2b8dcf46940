# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that are complete or not there at all, whenever the power goes."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import typing as t
from pathlib import Path

from .errors import BackupError
from .gate import Record

# There while a host without data may found a cluster.
FOUNDING = "founding"
# Before the name of a component that is to come back once the site itself has.
DUE = "due-"


def write(path: Path, text: str, mode: int = 0o600) -> None:
    new = path.with_name(path.name + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(new, path)
    sync(path.parent)


def sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_json(path: Path) -> dict[str, t.Any]:
    """The dictionary in a file; an empty one when there is no such file, or none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def read_record(state: Path) -> Record | None:
    file = state / "record.json"
    found = read_json(file)
    if not found and file.exists():
        raise BackupError(f"{file} cannot be read -> see what happened to the disk, and run bootstrap")
    return Record(str(found["lineage"]), int(found["generation"])) if found else None


def write_record(state: Path, record: Record, claim: str = "") -> None:
    """claim: the generation was begun here, by that name, and the object storage may not know of it yet."""
    claimed = {"claim": claim} if claim else {}
    write(private(state) / "record.json", json.dumps({**record._asdict(), **claimed}))
    # From here on the host has a past.
    (state / FOUNDING).unlink(missing_ok=True)


def read_claim(state: Path) -> str:
    """The name under which this host's generation was begun without the object storage; empty once that knows of it."""
    return str(read_json(state / "record.json").get("claim", ""))


def note_refusal(state: Path, newest: int) -> None:
    """Remember the generation that the data of this host were refused for; it holds for these data alone.

    That the disk is full is no reason to forget the refusal itself.
    """
    of = read_json(state / "record.json")
    if read_refusal(state) != newest:
        with contextlib.suppress(OSError):
            write(private(state) / "refused.json", json.dumps({"newest": newest, "record": of}))


def read_refusal(state: Path) -> int:
    """The generation that the data of this host were refused for; 0 if they were not."""
    found = read_json(state / "refused.json")
    return int(found.get("newest", 0)) if found.get("record") == read_json(state / "record.json") else 0


def forget_refusal(state: Path) -> None:
    with contextlib.suppress(OSError):
        (state / "refused.json").unlink(missing_ok=True)


def private(directory: Path) -> Path:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def empty(directory: Path) -> Path:
    """A directory of that name with nothing in it."""
    shutil.rmtree(directory, ignore_errors=True)
    return private(directory)


def checksum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def contents(directory: Path) -> dict[str, dict[str, t.Any]]:
    """Size (bytes) and checksum of every file below a directory, by its path in it."""
    return {
        str(path.relative_to(directory)): {"bytes": path.stat().st_size, "sha256": checksum(path)}
        for path in sorted(directory.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


@contextlib.contextmanager
def alone(state: Path, name: str = "backup") -> t.Iterator[None]:
    """Hold a lock of the host, after whoever holds it now."""
    private(state)
    with (state / f"{name}.lock").open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
