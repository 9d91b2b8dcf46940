# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a directory of roles has in it, as one checksum, so that a change is seen."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .._artifact.files import sha256_of

# What Python leaves beside plugins that are run from there, and what Git does whenever it is asked: neither is content.
BESIDES = ("__pycache__", ".git")


def checksum(directory: Path) -> str:
    """A checksum over names, contents and links below a directory; empty if there is no such directory."""
    if not directory.is_dir():
        return ""
    total = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory)
        if set(BESIDES) & set(name.parts) or (path.is_dir() and not path.is_symlink()):
            continue
        content = f"link {path.readlink()}" if path.is_symlink() else sha256_of(path)
        total.update(f"{name}\0{content}\n".encode())
    return f"sha256:{total.hexdigest()}"
