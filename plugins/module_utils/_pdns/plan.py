# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be sent so that a zone holds what is wanted. Pure but for ``ask``."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import names, rrset, soa
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.rrset import BadRRset, Key, RRset

Ask = t.Callable[[str, str, str], str]


class TooManyDeletions(ValueError):
    """More would go than the guard lets through."""


@dataclass(frozen=True)
class Ignore:
    """Sets that belong to somebody else: a pattern of names relative to the zone, and types, none for all."""

    name: str
    types: tuple[str, ...] = ()

    def matches(self, key: Key, zone: str) -> bool:
        return (not self.types or key[1] in self.types) and fnmatchcase(names.relative(key[0], zone), self.name)


@dataclass
class Plan:
    """Sets to put, in canonical form, and sets to delete; with what is there for a diff."""

    put: list[RRset] = field(default_factory=list)
    delete: list[Key] = field(default_factory=list)
    before: dict[Key, RRset] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.put or self.delete)

    def counts(self) -> dict[str, int]:
        added = sum(one.key not in self.before for one in self.put)
        return {"added": added, "changed": len(self.put) - added, "removed": len(self.delete)}

    def diff(self) -> dict[str, str]:
        """Both sides as zone-file lines, without what stays."""
        keys = sorted({one.key for one in self.put} | set(self.delete), key=lambda key: (_labels(key[0]), key[1]))
        after = {one.key: one for one in self.put}
        return {
            "before": "".join(_text(self.before[key]) for key in keys if key in self.before),
            "after": "".join(_text(after[key]) for key in keys if key in after),
        }


def make(
    wanted: t.Sequence[RRset],
    found: t.Mapping[Key, RRset],
    zone: str,
    exact: bool,
    ignore: t.Sequence[Ignore],
    ask: Ask,
) -> Plan:
    """Compare, fast where texts are equal. With ``exact`` what is not wanted goes, but never SOA and the last NS."""
    by_key = _unique(wanted)
    plan = Plan()
    for key, one in by_key.items():
        theirs = found.get(key)
        if key != (zone, "SOA") and any(pattern.matches(key, zone) for pattern in ignore):
            raise BadRRset(f"{key[0]} {key[1]} is wanted and ignored at once")
        one = soa.with_serial_of(one, theirs)
        if theirs is not None and rrset.same(one, theirs, zone):
            continue
        one = rrset.canonical(one, zone, ask)
        if theirs is None or not rrset.same(one, theirs, zone):
            plan.put.append(one)
            if theirs is not None:
                plan.before[key] = theirs
    _check_cnames(by_key)
    for key in _unwanted(by_key, found, zone, exact, ignore):
        plan.delete.append(key)
        plan.before[key] = found[key]
    return plan


def guard(
    plan: Plan, found: t.Mapping[Key, RRset], zone: str, limit: str | None, ignore: t.Sequence[Ignore] = ()
) -> None:
    """Refuse to delete more than ``limit`` sets, a number or a share of those there are (``10 %``).

    Without a limit a quarter may go, and three in any case, but never all that a zone holds beside SOA and NS.
    """
    count = len(plan.delete)
    ours = [key for key in found if _removable(key, found[key], zone, ignore)]
    if limit is not None:
        allowed = deletions(limit, len(ours))
    else:
        left = len(ours) - count + sum(one.key not in found and one.key[1] not in ("SOA", "NS") for one in plan.put)
        allowed = max(3, len(ours) // 4) if left else 0
    if count > allowed:
        some = ", ".join(f"{names.relative(name, zone)} {rtype}" for name, rtype in plan.delete[:5])
        raise TooManyDeletions(
            f"{count} of {len(ours)} sets of records would be deleted ({some}{', …' if count > 5 else ''}), "
            f"allowed are {allowed}: if that is meant, say so with max_delete"
        )


def deletions(limit: str, of: int) -> int:
    match = re.fullmatch(r"\s*([0-9]+)\s*(%?)\s*", limit)
    if match is None:
        raise BadRRset(f"max_delete {limit!r}: expected a number of sets, or a share such as 10%")
    return int(match[1]) * of // 100 if match[2] else int(match[1])


def chunks(plan: Plan, limit: int) -> t.Iterator[list[dict[str, t.Any]]]:
    """Changes in portions of at most ``limit`` bytes as JSON; those of one name stay together, its deletions first."""
    by_name: dict[str, list[dict[str, t.Any]]] = {}
    for key in plan.delete:
        by_name.setdefault(key[0], []).append(rrset.delete(key))
    for one in plan.put:
        by_name.setdefault(one.name, []).append(rrset.to_api(one))
    chunk: list[dict[str, t.Any]] = []
    size = 0
    for group in by_name.values():
        weight = len(json.dumps(group))
        if chunk and size + weight > limit:
            yield chunk
            chunk, size = [], 0
        chunk.extend(group)
        size += weight
    if chunk:
        yield chunk


def _unique(wanted: t.Sequence[RRset]) -> dict[Key, RRset]:
    by_key: dict[Key, RRset] = {}
    for one in wanted:
        if one.key in by_key:
            raise BadRRset(f"{one.name} {one.type} is there twice: a set is given once, with all of its records")
        by_key[one.key] = one
    return by_key


def _check_cnames(wanted: t.Mapping[Key, RRset]) -> None:
    aliases = {name: one for (name, rtype), one in wanted.items() if rtype == "CNAME"}
    for name, one in aliases.items():
        if len(one.all) > 1:
            raise BadRRset(f"{name} has {len(one.all)} CNAMEs: expected one (RFC 2181, 10.1)")
    for name, rtype in wanted if aliases else ():
        if name in aliases and rtype not in rrset.BESIDE_CNAME:
            raise BadRRset(f"{name} has a CNAME and {rtype} records: a CNAME stands alone (RFC 2181, 10.1)")


def _unwanted(
    wanted: t.Mapping[Key, RRset],
    found: t.Mapping[Key, RRset],
    zone: str,
    exact: bool,
    ignore: t.Sequence[Ignore],
) -> t.Iterator[Key]:
    types: dict[str, set[str]] = {}
    for name, rtype in wanted:
        types.setdefault(name, set()).add(rtype)
    for key in found:
        name, rtype = key
        if key in wanted or not found[key].all or rtype in rrset.MADE_BY_SERVER:
            continue
        beside = types.get(name, set())
        in_the_way = "CNAME" in beside and rtype not in rrset.BESIDE_CNAME
        in_the_way = in_the_way or (rtype == "CNAME" and bool(beside - rrset.BESIDE_CNAME))
        ignored = any(pattern.matches(key, zone) for pattern in ignore)
        if in_the_way and (ignored or rtype == "SOA"):
            raise BadRRset(f"{name} {rtype} is in the way of what is wanted and is not ours to remove")
        if in_the_way or (exact and _removable(key, found[key], zone, ignore)):
            yield key


def _removable(key: Key, one: RRset, zone: str, ignore: t.Sequence[Ignore]) -> bool:
    """Whether a set is one that an exact zone may lose."""
    if key in ((zone, "SOA"), (zone, "NS")) or key[1] in rrset.MADE_BY_SERVER or not one.all:
        return False
    return not any(pattern.matches(key, zone) for pattern in ignore)


def _labels(name: str) -> list[str]:
    return name.split(".")[::-1]


def _text(one: RRset) -> str:
    return "".join(f"{line}\n" for line in rrset.lines(one))
