# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions that were raised since they were described, by Gardener's maintenance, are kept and not lowered. Pure."""

from __future__ import annotations

import copy
import typing as t

from .._release import versions
from . import ownership

Object = dict[str, t.Any]
Place = tuple[str, tuple[str, ...], Object, Object]


class Kept(t.NamedTuple):
    """field: of the shoot. wanted: is described. found: is there, and stays."""

    field: str
    wanted: str
    found: str


def raised(wanted: Object, live: Object, adopted: bool = False) -> tuple[Object, list[Kept]]:
    """What to apply so that no version is lowered, and the versions that are higher than described.

    A version with fewer parts, as 1.35, is met by every one that begins with it. What is kept is applied only where
    it is ours, so that it still belongs to who has raised it. adopted: what others have applied becomes ours.
    """
    applied, kept, fields = copy.deepcopy(wanted), [], ownership.ours(live)
    for field, steps, mine, there in _places(applied["spec"], live["spec"]):
        described, found = str(mine["version"]), str(there["version"])
        if not _met(described, found):
            continue
        if versions.is_lower(described, found):
            kept.append(Kept(field, described, found))
        if adopted or ownership.holds(fields, *steps):
            mine["version"] = found
        else:
            del mine["version"]
    return applied, kept


def _met(described: str, found: str) -> bool:
    mine, there = versions.number(described), versions.number(found)
    if not mine or not there:
        return False
    return versions.is_lower(described, found) or (len(mine) < len(there) and mine == there[: len(mine)])


def _places(wanted: Object, live: Object) -> t.Iterator[Place]:
    """Every version that both have: its name, the steps to it, and what holds it on both sides."""
    yield from _both("spec.kubernetes.version", ("f:spec", "f:kubernetes"), wanted, live, "kubernetes")
    there = {one["name"]: one for one in (live.get("provider") or {}).get("workers") or []}
    for one in (wanted.get("provider") or {}).get("workers") or []:
        found = there.get(one.get("name"), {})
        label = f"spec.provider.workers[{one.get('name')}]"
        steps = ("f:spec", "f:provider", "f:workers", ownership.named(str(one.get("name"))))
        yield from _both(f"{label}.kubernetes.version", (*steps, "f:kubernetes"), one, found, "kubernetes")
        mine, theirs = one.get("machine") or {}, found.get("machine") or {}
        if _image(mine) == _image(theirs) or not _image(mine):
            image = (*steps, "f:machine", "f:image")
            yield from _both(f"{label}.machine.image.version", image, mine, theirs, "image")


def _both(field: str, steps: tuple[str, ...], wanted: Object, live: Object, key: str) -> t.Iterator[Place]:
    mine, there = wanted.get(key) or {}, live.get(key) or {}
    if mine.get("version") and there.get("version"):
        yield field, (*steps, "f:version"), mine, there


def _image(machine: Object) -> str:
    return str((machine.get("image") or {}).get("name", ""))
