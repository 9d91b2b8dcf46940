# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of a file of secrets, each of them encrypted on its own."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from pathlib import Path

VAULT = re.compile(r"!vault\s*\|[-+0-9]*\s*(#.*)?")


def entry(name: str, encrypted: str) -> str:
    return f"{name}: !vault |\n" + "".join(f"  {line}\n" for line in encrypted.splitlines())


def replace(text: str, name: str, encrypted: str) -> str:
    """Return the text with another value of one secret; all else stays byte for byte.

    ValueError unless the secret is there once, as an encrypted block.
    """
    before, after = _around(text, name)
    return before + entry(name, encrypted) + after


def remove(text: str, name: str) -> str:
    """Return the text without a secret; as for replace()."""
    return "".join(_around(text, name))


def add(text: str, name: str, encrypted: str) -> str:
    """Return the text with one secret more."""
    return text + ("" if text.endswith("\n") or not text else "\n") + entry(name, encrypted)


def _around(text: str, name: str) -> tuple[str, str]:
    lines = text.splitlines(keepends=True)
    begins = [number for number, line in enumerate(lines) if re.match(rf"{re.escape(name)}\s*:", line)]
    if len(begins) != 1:
        raise ValueError(f"it has {len(begins)} entries {name}")
    [begin] = begins
    if not VAULT.fullmatch(lines[begin].partition(":")[2].strip()):
        raise ValueError(f"{name} is no encrypted block (!vault |)")
    end = begin + 1
    while end < len(lines) and lines[end].startswith((" ", "\t")) and lines[end].strip():
        end += 1
    return "".join(lines[:begin]), "".join(lines[end:])


def write(path: Path, text: str) -> None:
    """Replace a file by one of the same mode and owner, at once or not at all; a link stays one."""
    path = path.resolve()
    present = path.stat()
    descriptor, draft = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fchmod(descriptor, stat.S_IMODE(present.st_mode))
            if (present.st_uid, present.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(descriptor, present.st_uid, present.st_gid)
            os.fsync(descriptor)
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
