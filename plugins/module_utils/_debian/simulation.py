# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What apt-get says it would do (C(apt-get --simulate)), as data. Pure.

Its lines are the same in every release, and it is there whatever Python runs the modules; python-apt belongs to the
system's Python alone, and is no part of a small Debian.
"""

from __future__ import annotations

import itertools
import re
import typing as t

# Inst NAME [OLD] (NEW LABEL:VERSION/SUITE, … [ARCHITECTURE])
INSTALL = re.compile(r"^Inst (\S+)(?: \[([^\]]*)\])? \((\S+) (.*?) *\[[^\]]*\]\)")
REMOVE = re.compile(r"^(?:Remv|Purg) (\S+)")
KEPT = "The following packages have been kept back:"
# The label of Debian's own security archive; a point release has the same versions under both labels.
SECURITY = "Debian-Security"


class Change(t.NamedTuple):
    """A package that comes, or becomes another version; one that is new has no old version."""

    name: str
    old: str
    new: str
    labels: tuple[str, ...]

    @property
    def security(self) -> bool:
        return SECURITY in self.labels


class Simulation(t.NamedTuple):
    changes: list[Change]
    removals: list[str]
    kept: list[str]

    def upgrades(self, packages: str) -> list[Change]:
        """The packages that are there and become newer: C(all), or those for the sake of C(security)."""
        return [change for change in self.changes if change.old and (change.security or packages == "all")]


def _labels(text: str) -> tuple[str, ...]:
    return tuple(re.split("[:/]", source)[0] for source in text.split(", ") if source)


def parse(text: str) -> Simulation:
    changes, removals, kept = [], [], []
    listing = False
    for line in text.splitlines():
        listing = line.strip() == KEPT or (listing and line.startswith(" "))
        if listing and line.startswith(" "):
            kept.extend(line.split())
        if found := INSTALL.match(line):
            changes.append(Change(found[1], found[2] or "", found[3], _labels(found[4])))
        elif found := REMOVE.match(line):
            removals.append(found[1])
    return Simulation(changes, removals, kept)


def failure(output: str) -> str:
    """Why apt-get or dpkg failed, out of all that it printed."""
    lines = [line.strip() for line in output.splitlines()]
    # dpkg names the package in one line and its reason in the next.
    said = [
        f"{line} {following}" if line.startswith("dpkg: error") else line
        for line, following in itertools.pairwise([*lines, ""])
        if line.startswith(("E:", "dpkg: error"))
    ]
    return "; ".join(dict.fromkeys(said)) or " ".join(lines[-3:])
