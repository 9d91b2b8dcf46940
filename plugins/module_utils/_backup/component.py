# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every component can do. A component is a kind of data, with the settings of one host."""

from __future__ import annotations

import typing as t
from pathlib import Path

from .gate import Record

Facts = dict[str, t.Any]
# Of these a site may have none for years. Where there is none of another one, something is wrong.
OPTIONAL = frozenset({"garden"})
# Of the counts, where a component names it: how many files were backed up. They come and go until the moment in which
# they are read, so that whoever reads them counts them.
FILES = "files"


class Component(t.Protocol):
    """C(counts) of the facts, a dictionary of numbers, are what sets are compared by."""

    name: str

    def holds(self) -> bool:
        """Whether this host has data of the component, which a restore would replace."""

    def idle(self) -> str:
        """Why this host has nothing to back up just now; empty when it has."""

    def collect(self, stage: Path, record: Record, name: str) -> tuple[list[str], Facts]:
        """Put a consistent copy into the stage. Returns more paths to back up where they are, and the facts."""

    def check(self, directory: Path, facts: Facts, level: int) -> dict[str, t.Any]:
        """Raise when the contents are not what the facts say; returns what was looked at.

        Where this host cannot look as deep, C(level) is how deep it did, and C(lacking) says why.
        """

    def fits(self, facts: Facts, record: Record) -> None:
        """Raise when this host, once it is installed, could not use what the facts describe."""

    def ready(self) -> None:
        """Raise when this host lacks what a restore needs just now."""

    def restore(self, directory: Path, facts: Facts, record: Record) -> None:
        """Put the contents in place of what is on this host, which is kept. Safe to repeat after it was interrupted."""

    def confirm(self, directory: Path, facts: Facts, record: Record, begun: float = 0.0) -> dict[str, t.Any]:
        """Raise when what runs now is not what the set held; returns what was compared.

        begun: when the restore began, in Unix time; 0 when that is not known.
        """

    def settle(self) -> None:
        """Let go of what a restore has replaced."""
