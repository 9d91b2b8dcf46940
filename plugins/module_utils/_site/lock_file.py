# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock as a file on a host: read, written and removed by one process at a time."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import typing as t

from .lock import Owner, same_run


@contextlib.contextmanager
def _alone(directory: str) -> t.Iterator[None]:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def read(path: str) -> Owner | None:
    """Return who holds the lock; a file that nobody can read is held by somebody unknown."""
    try:
        with open(path, encoding="utf-8") as stream:
            owner = json.load(stream)
    except FileNotFoundError:
        return None
    except ValueError:
        return {}
    return owner if isinstance(owner, dict) else {}


def take(path: str, owner: Owner, instead_of: Owner | None) -> Owner:
    """Hold the lock when it is free or still in the hands of C(instead_of); return who holds it now."""
    directory = os.path.dirname(path)
    os.makedirs(directory, mode=0o755, exist_ok=True)
    with _alone(directory):
        holder = read(path)
        if holder is not None and holder != instead_of:
            return holder
        _write(path, owner)
        return owner


def leave(path: str, owner: Owner) -> None:
    """Remove the lock when it is the owner's."""
    if read(path) is None:
        return
    with _alone(os.path.dirname(path)):
        if same_run(read(path) or {}, owner):
            os.unlink(path)


def _write(path: str, owner: Owner) -> None:
    # complete or not there at all, whenever the power goes
    new = f"{path}.new"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(owner, stream, sort_keys=True)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(new, path)
