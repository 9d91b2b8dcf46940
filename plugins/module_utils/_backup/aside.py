# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files and directories that are replaced, with what was there before kept beside them until it is let go of."""

from __future__ import annotations

import os
import shutil
import typing as t
from pathlib import Path

from .errors import BackupError


def prepared(path: Path) -> Path:
    """Where what is to replace a path is to be made; nothing is there yet."""
    new = _beside(path, "restored")
    remove(new)
    new.parent.mkdir(parents=True, exist_ok=True)
    return new


def replace(paths: t.Iterable[Path]) -> None:
    """Put all that was prepared in place. Safe to repeat, with prepared(), after it was interrupted."""
    for path in paths:
        old = _beside(path, "replaced")
        # One that is there already is what was before an interrupted restore.
        if path.exists() and old.exists():
            remove(path)
        elif path.exists():
            os.rename(path, old)
        os.rename(_beside(path, "restored"), path)


def settle(paths: t.Iterable[Path]) -> None:
    """Let go of what was replaced."""
    for path in paths:
        remove(_beside(path, "replaced"))


def refuse_mounts(paths: t.Iterable[Path]) -> None:
    mounts = [str(path) for path in paths if path.is_mount()]
    if mounts:
        raise BackupError(
            f"{', '.join(mounts)} is a mount point, which cannot be replaced -> keep the data in a directory below it"
        )


def refuse_links(paths: t.Iterable[Path]) -> None:
    links = [f"{path} (to {os.readlink(path)})" for path in paths if path.is_symlink()]
    if links:
        raise BackupError(
            f"{', '.join(links)} is a symbolic link, which would be backed up or replaced without what is behind it"
            " -> name the path that it leads to"
        )


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name}.{suffix}")
