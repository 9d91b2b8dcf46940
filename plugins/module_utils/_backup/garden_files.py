# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a Garden in a set."""

from __future__ import annotations

import json
from pathlib import Path

from . import disk
from .errors import Damaged
from .garden_state import Kept, Object

FILES = {"gardens": "gardens.json", "secrets": "secrets.json", "configmaps": "configmaps.json"}


def write(stage: Path, kept: Kept) -> None:
    for field, file in FILES.items():
        _write(stage / file, getattr(kept, field))


def _write(path: Path, found: list[Object]) -> None:
    """As a List, which kubectl takes as well. All Secrets in one file: by its checksum nobody guesses a weak one."""
    disk.write(path, json.dumps({"apiVersion": "v1", "kind": "List", "items": found}, sort_keys=True, indent=1))


def read(directory: Path) -> Kept:
    found = {}
    for field, file in FILES.items():
        try:
            items = json.loads((directory / file).read_text(encoding="utf-8"))["items"]
            found[field] = [one for one in items if one["metadata"]["name"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Damaged(f"{file} cannot be read ({type(error).__name__}) -> use another set") from None
    return Kept(**found)
