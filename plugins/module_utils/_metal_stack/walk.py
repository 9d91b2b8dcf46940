# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which releases are taken one after the other, and why a way is not taken; all reasons at once. Pure."""

from __future__ import annotations

import typing as t

from .._release import compare, versions
from .._release.vector import Components
from .standing import WATCHED, Standing


class Offered(t.NamedTuple):
    """A release that may be taken. components: versions by their path in its vector."""

    name: str
    components: Components


class Step(t.NamedTuple):
    """A release that is to be taken. resumes: whether it has begun before, so that what was before it is saved."""

    name: str
    resumes: bool
    changes: list[compare.Change]

    def shown(self) -> dict[str, t.Any]:
        """As modules return it."""
        told = [one.shown() for one in self.changes]
        return {"name": self.name, "resumes": self.resumes, "changes": told}


def misnamed(names: t.Sequence[str]) -> list[str]:
    """What is wrong with the names of the releases, which go from the oldest to the one that is wanted."""
    found = [f"releases: {name!r} is no release, expected one such as v0.22.19" for name in names if not _is(name)]
    found += [f"releases: {name} is there twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    known = list(dict.fromkeys(name for name in names if _is(name)))
    if known != sorted(known, key=versions.number):
        found.append(f"releases: {', '.join(known)} are out of order, expected the oldest first, the wanted one last")
    return found


def steps(
    standing: Standing, offered: t.Sequence[Offered], published: t.Sequence[str], withdrawn: t.Collection[str] = ()
) -> tuple[list[Step], list[str]]:
    """The steps from where a control plane is to the last release of those offered, and why they are not taken.

    published: all releases that there are, where anybody lists them; else a patch that is left out is taken for one.
    withdrawn: releases that are left out on purpose.
    """
    wanted = offered[-1].name
    refused = _standing(standing, [one.name for one in offered])
    if refused:
        return [], refused
    begin = standing.under_way
    way = [one for one in offered if begin == one.name or versions.number(one.name) > versions.number(standing.release)]
    names = [one.name for one in way]
    missing = _missing(standing.release, wanted, published, {*names, *withdrawn})
    if missing:
        refused.append(
            f"{wanted} after {standing.release} skips {', '.join(missing)} -> give them in releases, or say withdrawn"
            " of those that must not be taken"
        )
    known = {one.name: one.components for one in offered}
    before = dict(standing.components) or known.get(standing.release, {})
    if way and not before:
        refused.append(
            f"nobody knows which versions {standing.release} has, so none can be compared -> give its vectors as the"
            " first of releases"
        )
    found, at = [], standing.release
    for one in way:
        refused += [f"{one.name} after {at}: {why}" for why in compare.refusals(before, one.components)]
        found.append(
            Step(one.name, one.name == standing.begun, compare.changes(_watched(before), _watched(one.components)))
        )
        at, before = one.name, one.components
    return found, refused


def _standing(standing: Standing, names: t.Sequence[str]) -> list[str]:
    """Why nobody can go on from where a control plane is."""
    wanted, begin = names[-1], standing.under_way
    if not standing.release:
        return [
            "the cluster has no record of a release -> deploy the control plane first with the role's own tasks; where"
            " its vectors do not tell their release, say it in metal_stack_control_plane_release_name"
        ]
    if standing.mixed:
        found = ", ".join(name or "one without a name" for name in standing.mixed)
        return [
            f"components are of several releases ({found}), and none is marked as reached -> deploy {standing.release}"
            " by itself first, with the playbook metal_stack or the role's own tasks"
        ]
    if begin and begin not in names:
        return [f"{begin} was begun and has not come to its end, and is not among releases -> give it, too"]
    if begin and versions.is_lower(wanted, begin):
        return [f"{begin} was begun and is newer than {wanted}, which is wanted -> take {begin} to its end first"]
    if versions.is_lower(wanted, standing.release):
        return [
            f"{standing.release} is deployed and newer than {wanted}, which is wanted -> restore a set of that time;"
            " older releases do not read what newer ones wrote"
        ]
    if not begin and standing.unfinished and wanted != standing.release:
        return [
            f"{', '.join(standing.unfinished)} of {standing.release} did not come to the end of the last deployment ->"
            " deploy that release again before another one; where nothing of it has ever run, the role's own tasks tell"
            " how it is left"
        ]
    return []


def _missing(former: str, wanted: str, published: t.Sequence[str], taken: t.Collection[str]) -> list[str]:
    between = versions.walk([*published], former, wanted) if published else _unlisted(former, wanted, taken)
    return [name for name in between if name not in taken]


def _unlisted(former: str, wanted: str, taken: t.Collection[str]) -> list[str]:
    """What has to lie between releases that nobody lists: each patch, and each minor in some release."""
    found, at = [], versions.number(former)
    for name in versions.walk([*taken], former, wanted):
        there = versions.number(name)
        if there[:2] == at[:2]:
            found += [_name((*there[:2], patch)) for patch in range(at[2] + 1, there[2])]
        elif there[0] == at[0]:
            found += [_name((there[0], minor, 0)) for minor in range(at[1] + 1, there[1])]
        at = there
    return found


def _watched(components: t.Mapping[str, str]) -> Components:
    """What is known of each release, also of one that is recorded and not among those offered."""
    return {name: version for name, version in components.items() if name in WATCHED}


def _is(name: str) -> bool:
    return versions.is_release(name)


def _name(number: t.Sequence[int]) -> str:
    return f"v{'.'.join(map(str, number))}"
