# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which versions of programs a host has, out of the files that its links name and its processes run."""

from __future__ import annotations

import os
import re
import typing as t
from pathlib import Path

# As the module versioned_binary lays programs out.
PROGRAM = re.compile(r"/opt/([^/]+)/([^/]+)/\1")


def versions(files: t.Iterable[str]) -> dict[str, list[str]]:
    """Return the versions of each program that the module versioned_binary keeps, out of paths of files."""
    found: dict[str, set[str]] = {}
    for file in files:
        if match := PROGRAM.fullmatch(file):
            found.setdefault(match.group(1), set()).add(match.group(2))
    return {name: sorted(each) for name, each in sorted(found.items())}


def linked(directory: str = "/usr/local/bin") -> t.Iterator[str]:
    """What the links there name."""
    return _targets(Path(directory).glob("*"))


def running(processes: str = "/proc") -> t.Iterator[str]:
    """The files of all processes, those that were replaced meanwhile too."""
    for target in _targets(process / "exe" for process in Path(processes).glob("[0-9]*")):
        # So Linux marks them.
        yield target.removesuffix(" (deleted)")


def _targets(links: t.Iterable[Path]) -> t.Iterator[str]:
    for link in links:
        try:
            yield os.readlink(link)
        except OSError:  # no link, a thread of the kernel, or a process that has ended
            continue
