# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing files so that a reader sees the old content or the new, never half of it."""

from __future__ import annotations

import os
import stat
import tempfile
import typing as t

HIDDEN = "(secret)\n"


class File(t.NamedTuple):
    path: str
    # None: the file must not exist.
    content: str | None
    mode: int
    secret: bool


def current(path: str) -> tuple[str | None, int]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(), stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    except FileNotFoundError:
        return None, 0


def difference(file: File) -> dict[str, str] | None:
    """Ansible's diff of one file; None when the file is as it should be."""
    content, mode = current(file.path)
    if content == file.content and (file.content is None or mode == file.mode):
        return None
    before, after = content or "", file.content or ""
    if file.secret:
        before, after = HIDDEN if before else "", HIDDEN if after else ""
    note = "" if content is None or mode == file.mode else f" (mode {mode:04o})"
    return {
        "before_header": file.path + note,
        "after_header": file.path + ("" if file.content is None else f" (mode {file.mode:04o})" if note else ""),
        "before": before,
        "after": after,
    }


def write(file: File) -> None:
    if file.content is None:
        os.unlink(file.path)
        return
    directory = os.path.dirname(file.path)
    descriptor, temporary = tempfile.mkstemp(prefix=".", dir=directory)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as output:
            output.write(file.content)
            output.flush()
            os.fchmod(descriptor, file.mode)
            os.fsync(descriptor)
        os.replace(temporary, file.path)
    except BaseException:
        os.unlink(temporary)
        raise


def make_directory(path: str, mode: int) -> bool:
    """Whether the directory had to be made or its mode to be set."""
    if os.path.isdir(path):
        if stat.S_IMODE(os.stat(path).st_mode) == mode:
            return False
    else:
        os.makedirs(path, exist_ok=True)
    os.chmod(path, mode)
    return True


def directory_differs(path: str, mode: int) -> bool:
    return not os.path.isdir(path) or stat.S_IMODE(os.stat(path).st_mode) != mode
