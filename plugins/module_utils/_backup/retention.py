# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which sets stay, and which go. Pure."""

from __future__ import annotations

import datetime
import typing as t

from . import keys
from .catalogue import CHECKSUMS, REHEARSED, BackupSet
from .keys import Place

# A set that lacks a component for longer than this was given up.
IN_PROGRESS = datetime.timedelta(days=1)


class Policy(t.NamedTuple):
    """How long sets stay, and what was hidden. The defaults are the least there may be."""

    all_days: int = 7
    daily_days: int = 30
    verified: int = 3
    hidden_days: int = 14


FLOOR = Policy()._asdict()


class Verdict(t.NamedTuple):
    one: BackupSet
    stays: bool
    why: str


def below(given: t.Mapping[str, t.Any]) -> dict[str, str]:
    """What is expected instead of each value that is too low, or no number; none where all is well."""
    return {
        name: f"a number, {least} or more"
        for name, least in FLOOR.items()
        if name in given and (isinstance(given[name], bool) or not isinstance(given[name], int) or given[name] < least)
    }


def judge(
    known: t.Sequence[BackupSet],
    components: t.Collection[str],
    suspect: t.Collection[Place],
    moment: datetime.datetime,
    policy: Policy,
) -> list[Verdict]:
    """What becomes of each set, in the order of the catalogue. suspect: manifests that say so of themselves.

    What is damaged stays as long as if it were whole, and so does what stays without it. Each component that makes no
    set complete counts by itself: nobody may have backed it up for longer than sets stay.
    """
    verdicts = []
    for sets in _lineages(known).values():
        levels = _levels(sets, components)
        damaged = {one.order for one in sets if one.damaged(one.parts)}
        before = _of_lineage(sets, levels, components, suspect, set(), moment, policy)
        without = _of_lineage(sets, levels, components, suspect, damaged, moment, policy) if damaged else before
        for known_before, known_now in zip(before, without, strict=True):
            one, stays, why = known_before if known_before.stays else known_now
            verdicts.append(Verdict(one, stays, f"{why}; it is damaged" if one.order in damaged else why))
    return verdicts


def _of_lineage(
    sets: t.Sequence[BackupSet],
    levels: t.Mapping[tuple[int, str], int],
    components: t.Collection[str],
    suspect: t.Collection[Place],
    damaged: t.Collection[tuple[int, str]],
    moment: datetime.datetime,
    policy: Policy,
) -> list[Verdict]:
    """The same for the sets of one lineage, when those that are damaged are no good."""
    of_each = _last_of_each(sets, components, suspect, damaged, policy.verified)
    verified = [one.order for one in sets if levels[one.order] >= CHECKSUMS]
    doubtful = {one.order for one in sets if any(part.place in suspect for part in one.parts.values())}
    sound = [order for order in verified if order not in doubtful and order not in damaged]
    # What is suspect has its place in the count, and does not take another's.
    last = {*verified[-policy.verified :], *sound[-policy.verified :]}
    # Without it nobody would know that a restore was rehearsed.
    rehearsed = [one.order for one in sets if levels[one.order] >= REHEARSED and one.order not in damaged][-1:]
    days = _days(sets, levels, set(verified), set(sound))
    verdicts = []
    for one in sets:
        complete = levels[one.order] >= 0
        verdict = _verdict(one, complete, one.order in last, one.order in days, moment, policy)
        why = "the last one whose restore was rehearsed" if one.order in rehearsed else of_each.get(one.order, "")
        verdicts.append(Verdict(one, True, why) if why and not verdict.stays else verdict)
    return verdicts


def _last_of_each(
    sets: t.Sequence[BackupSet],
    components: t.Collection[str],
    suspect: t.Collection[Place],
    damaged: t.Collection[tuple[int, str]],
    number: int,
) -> dict[tuple[int, str], str]:
    """Why a set stays that is one of the last verified ones of a component which makes no set complete."""
    found: dict[tuple[int, str], str] = {}
    for name, verified in _verified_beside(sets, components).items():
        sound = [
            one
            for one in verified
            if one.parts[name].place not in suspect and not (one.parts[name].damaged and one.order in damaged)
        ]
        last = [*verified[-number:], *sound[-number:]]
        found |= {one.order: f"one of the last {number} verified of {name}" for one in last}
    return found


def _verified_beside(sets: t.Sequence[BackupSet], components: t.Collection[str]) -> dict[str, list[BackupSet]]:
    """By component that makes no set complete the sets of a lineage which have it verified, oldest first."""
    found: dict[str, list[BackupSet]] = {}
    for one in sets:
        for name, part in one.parts.items():
            if name not in components and part.level >= CHECKSUMS:
                found.setdefault(name, []).append(one)
    return found


def _days(
    sets: t.Sequence[BackupSet],
    levels: t.Mapping[tuple[int, str], int],
    verified: t.Collection[tuple[int, str]],
    sound: t.Collection[tuple[int, str]],
) -> set[tuple[int, str]]:
    """The one of each UTC day: the newest that is complete, best verified and not suspect."""
    days = {}
    for one in sorted(sets, key=lambda one: (one.order in sound, one.order in verified, one.order)):
        if levels[one.order] >= 0:
            days[keys.made(one.name).date()] = one.order
    return set(days.values())


def _verdict(
    one: BackupSet, complete: bool, last: bool, daily: bool, moment: datetime.datetime, policy: Policy
) -> Verdict:
    age = moment - keys.made(one.name)
    if not complete and age < IN_PROGRESS:
        return Verdict(one, True, "in progress")
    if age <= datetime.timedelta(days=policy.all_days):
        return Verdict(one, True, f"younger than {policy.all_days} days")
    if last:
        return Verdict(one, True, f"one of the last {policy.verified} verified")
    if not complete:
        return Verdict(one, False, "was not finished")
    if age > datetime.timedelta(days=policy.daily_days):
        return Verdict(one, False, f"older than {policy.daily_days} days")
    return Verdict(one, daily, "the one of its day" if daily else "another one of its day stays")


def lost(there: t.Collection[str], known: t.Sequence[BackupSet], components: t.Collection[str]) -> list[Place]:
    """What is not there any more of the last verified sets, and of those with each component beside.

    known: all sets, those that were hidden included. Pruning hides none of them, so that somebody else has.
    """
    found = []
    for sets in _lineages(known).values():
        levels = _levels(sets, components)
        number = Policy().verified
        last = [one for one in sets if levels[one.order] >= CHECKSUMS][-number:]
        places = {part.place for one in last for part in one.parts.values()}
        for name, beside in _verified_beside(sets, components).items():
            places |= {one.parts[name].place for one in beside[-number:]}
        found += [place for place in sorted(places) if place.key() not in there]
    return found


def verified(
    known: t.Sequence[BackupSet], components: t.Collection[str], whole: bool = False
) -> dict[str, list[tuple[int, str]]]:
    """By lineage the order of each set that is complete and verified, oldest first; if whole, and not damaged since."""
    found = {}
    for lineage, sets in _lineages(known).items():
        damaged = {one.order for one in sets if whole and one.damaged(one.parts)}
        levels = _levels(sets, components)
        found[lineage] = [order for order, level in levels.items() if level >= CHECKSUMS and order not in damaged]
    return found


def newest(known: t.Sequence[BackupSet]) -> list[Place]:
    """The newest of each component of each lineage."""
    found = {(one.lineage, name): part.place for one in known for name, part in one.parts.items()}
    return list(found.values())


def strays(listed: t.Collection[str]) -> list[str]:
    """Records of verifications, promotions and damage without a manifest."""
    about = {key: keys.record_of(key) for key in listed}
    return [key for key, place in about.items() if place and place.key() not in listed]


def _lineages(known: t.Sequence[BackupSet]) -> dict[str, list[BackupSet]]:
    found: dict[str, list[BackupSet]] = {}
    for one in known:
        found.setdefault(one.lineage, []).append(one)
    return found


def _levels(sets: t.Sequence[BackupSet], components: t.Collection[str]) -> dict[tuple[int, str], int]:
    """The level of each set of a lineage, oldest first.

    A component counts from the first set on that has it: one that was added makes nothing of what was before.
    """
    seen: set[str] = set()
    found = {}
    for one in sets:
        seen |= one.parts.keys() & set(components)
        found[one.order] = one.level(seen or one.parts)
    return found
