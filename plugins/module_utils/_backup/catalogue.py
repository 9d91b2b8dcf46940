# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the object storage holds of a site, and which set is to be used. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from . import keys
from .errors import BackupError
from .keys import Place

# Levels of verification; 0 says that it exists.
CHECKSUMS, OPENS, REHEARSED = 1, 2, 3


@dataclass
class Part:
    """One component of a set, and how well it was verified: 0 exists, 1 checksums, 2 opens, 3 restored and asserted.

    promoted: somebody knows why it holds less than those before, so that it is not suspect any more. damaged: since it
    was verified it was found not to be whole.
    """

    place: Place
    level: int = 0
    promoted: bool = False
    damaged: bool = False


@dataclass
class BackupSet:
    """The parts that were made for the same moment."""

    lineage: str
    generation: int
    name: str
    parts: dict[str, Part] = field(default_factory=dict)

    def level(self, components: t.Iterable[str]) -> int:
        """The lowest level of the components; -1 while one of them is missing."""
        levels = [self.parts[name].level if name in self.parts else -1 for name in components]
        return min(levels, default=-1)

    def damaged(self, components: t.Iterable[str]) -> bool:
        """Whether one of the components is known to be damaged."""
        return any(self.parts[name].damaged for name in components if name in self.parts)

    @property
    def order(self) -> tuple[int, str]:
        return self.generation, self.name


def sets(listed: t.Iterable[str]) -> list[BackupSet]:
    """The sets that the keys of the catalogue describe, oldest first. Keys of anything else are left out."""
    found: dict[tuple[str, int, str], BackupSet] = {}
    levels: list[tuple[Place, int]] = []
    promoted: set[Place] = set()
    damaged: set[Place] = set()
    for key in listed:
        parsed = keys.parse_part(key)
        if parsed is None:
            promoted |= {place for place in (keys.parse_promoted(key),) if place}
            damaged |= {place for place in (keys.parse_damaged(key),) if place}
            continue
        place, level = parsed
        if level is None:
            identity = (place.lineage, place.generation, place.set)
            one = found.setdefault(identity, BackupSet(*identity))
            one.parts[place.component] = Part(place)
        else:
            levels.append((place, level))
    for place, level in levels:
        one_set = found.get((place.lineage, place.generation, place.set))
        if one_set and place.component in one_set.parts:
            part = one_set.parts[place.component]
            part.level = max(part.level, level)
    for one_set in found.values():
        for part in one_set.parts.values():
            part.promoted = part.place in promoted
            part.damaged = part.place in damaged
    return sorted(found.values(), key=lambda one: (one.lineage, *one.order))


def generations(markers: t.Iterable[str]) -> dict[str, int]:
    """The newest generation of every lineage."""
    found: dict[str, int] = {}
    for key in markers:
        parsed = keys.parse_marker(key)
        if parsed:
            found[parsed[0]] = max(parsed[1], found.get(parsed[0], 0))
    return found


def unconfirmed(markers: t.Iterable[str]) -> dict[str, set[str]]:
    """By lineage what of its newest generation was restored and not confirmed: components, and "" for all of it."""
    listed = list(markers)
    newest = generations(listed)
    found: dict[str, set[str]] = {}
    for key in listed:
        parsed = keys.parse_unconfirmed(key)
        if parsed and newest.get(parsed[0], 0) <= parsed[1]:
            found.setdefault(parsed[0], set()).add(parsed[2])
    return found


def choose(
    known: t.Sequence[BackupSet],
    components: t.Sequence[str],
    level: int,
    lineage: str = "",
    name: str = "",
    suspect: t.Collection[str] = (),
) -> BackupSet:
    """The set to restore: the one that was named, else the newest that is complete, verified, neither suspect nor
    known to be damaged.
    """
    where = [one for one in known if lineage in ("", one.lineage)]
    lineages = sorted({one.lineage for one in where})
    if not where:
        raise BackupError("there is no set to restore" + (f" of lineage {lineage}" if lineage else ""))
    if len(lineages) > 1:
        raise BackupError(f"there are sets of {len(lineages)} lineages: {', '.join(lineages)} -> say which to restore")
    if name:
        named = [one for one in where if one.name == name]
        if not named:
            raise BackupError(f"there is no set {name}; the newest are {', '.join(one.name for one in where[-3:])}")
        chosen = max(named, key=lambda one: one.order)
        if chosen.level(components) < 0:
            missing = ", ".join(sorted(set(components) - set(chosen.parts)))
            raise BackupError(f"set {name} was not finished: it lacks {missing} -> use another one")
        return chosen
    broken = {one.order for one in where if one.damaged(components)}
    fit = [
        one for one in where if one.level(components) >= level and one.name not in suspect and one.order not in broken
    ]
    if not fit:
        newest = max(where, key=lambda one: one.order)
        state = f"level {newest.level(components)}" + (", damaged" if newest.order in broken else "")
        raise BackupError(
            f"none of {len(where)} sets holds {', '.join(components)} verified to level {level} and free of suspicion"
            f" and damage; the newest is {newest.name} ({state}) -> verify it, or name a set"
        )
    return max(fit, key=lambda one: one.order)
