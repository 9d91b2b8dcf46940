# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be made, changed and removed, and what is refused. Pure."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import ownership
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.identity import IDENTIFIER
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Field, Fields, Kind, Labels, at
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.ownership import MANAGER
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.store import Found, Update

# Labels by which metal-stack itself knows an object, such as the provider's tenant: exact lists leave them.
SERVERS = re.compile(r"([^/]+\.)?metal-stack\.io/")


@dataclass(frozen=True)
class Wanted:
    """One object of a task: values of the fields that it gives, and labels if it gives any.

    A label without a value shall not be there. ``unnamed`` is one for which no id is given and that is not there:
    ``id`` is what to call it by.
    """

    id: str
    fields: Fields = field(default_factory=dict)
    labels: t.Mapping[str, str | None] | None = None
    absent: bool = False
    unnamed: bool = False


@dataclass(frozen=True)
class Ask:
    """What a task asks for. ``exact`` takes its list as all there shall be, of those that ``owner`` has if it is given.

    ``take_over`` lets it change and remove objects that are another owner's.
    """

    wanted: t.Sequence[Wanted]
    exact: bool = False
    owner: str | None = None
    take_over: bool = False


@dataclass
class Plan:
    """``problems`` are all that is wrong with it; with any, nothing of it may be done."""

    create: list[Found] = field(default_factory=list)
    update: list[Update] = field(default_factory=list)
    delete: list[Found] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.create or self.update or self.delete)


def wanted(kind: Kind, entry: t.Mapping[str, t.Any], problems: list[str]) -> Wanted:
    """An entry of a task's list; what its values are not is added to the problems."""
    fields: Fields = {}
    name = entry.get("id") or kind.called(entry)
    for one in kind.fields:
        value = at(entry, one.name)
        if value is None:
            continue
        try:
            fields[one.name] = one.given(value)
        except (TypeError, ValueError) as error:
            problems.append(f"{kind.name} {name}: {one.name}: {error}")
    unnamed = bool(kind.found_by) and not entry.get("id")
    if entry.get("id") == "" or not (unnamed or name):
        problems.append(f"{kind.name} {name or '?'}: id: expected one, found an empty one")
    labels = entry.get("labels")
    if labels is not None:
        labels = {str(key): None if value is None else str(value) for key, value in labels.items()}
        problems += [f"{kind.name} {name}: {problem}" for problem in _reserved(kind, labels)]
    return Wanted(name, fields, labels, absent=entry["state"] == "absent", unnamed=unnamed)


def _reserved(kind: Kind, labels: t.Collection[str]) -> list[str]:
    """What is wrong with labels that say what other options do."""
    ours = {MANAGER: "the owner is set with owner"} | ({IDENTIFIER: "the id is set with id"} if kind.labelled else {})
    return [f"labels: {key}: {reason}" for key, reason in ours.items() if key in labels]


def named(kind: Kind, one: Wanted, found: t.Mapping[str, Found], problems: list[str]) -> Wanted:
    """One for which no id is given, with that of the object that has its name; as it is if there is none."""
    if not one.unnamed:
        return one
    missing = [name for name in kind.found_by if not one.fields.get(name)]
    if missing:
        problems.append(f"{kind.name} {one.id}: expected id, or {' and '.join(kind.found_by)}, found neither")
        return one
    same = [
        there.id
        for there in found.values()
        if all(there.fields.get(name) == one.fields[name] for name in kind.found_by)
    ]
    if len(same) > 1:
        problems.append(
            f"{kind.name} {one.id}: there are {len(same)} of this name ({', '.join(sorted(same))}): give id"
        )
    return replace(one, id=same[0], unnamed=False) if same else one


def decide(kind: Kind, version: str, ask: Ask, found: t.Mapping[str, Found]) -> Plan:
    plan = Plan()
    if ask.owner and (reason := kind.labels_missing(version)):
        plan.problems.append(f"owner: {reason}, so nobody can be marked as the owner")
    ids = [one.id for one in ask.wanted]
    plan.problems += [f"{kind.name} {one}: given more than once" for one in dict.fromkeys(ids) if ids.count(one) > 1]
    for one in ask.wanted:
        _decide_one(kind, version, ask, one, found.get(one.id), plan)
    if ask.exact:
        _remove_others(kind, ask, set(ids), found, plan)
    if not ask.take_over:
        plan.problems += _others_own(kind, ask, plan)
    gone = {one.id for one in plan.delete}
    after = {name: one.fields for name, one in found.items() if name not in gone}
    after |= {one.before.id: one.after for one in plan.update} | {one.id: one.fields for one in plan.create}
    touched = {one.before.id: one.fields for one in plan.update} | {one.id: one.fields for one in plan.create}
    plan.problems += kind.rule(version, after, touched)
    return plan


def _decide_one(kind: Kind, version: str, ask: Ask, one: Wanted, there: Found | None, plan: Plan) -> None:
    problems = [] if one.absent else _unknown(kind, version, one)
    if there and (reason := kind.foreign(there.fields)):
        problems.append(reason)
    elif one.absent:
        plan.delete += [there] if there else []
    elif there is None:
        makes_id = version in kind.made_ids
        new = Found(one.id, one.fields, _labels(ask, one), unnamed=one.unnamed or makes_id)
        if makes_id and kind.found_by and not one.unnamed:
            problems.append(
                f"not there, and a new one cannot have this id: API {version} makes the ids of {kind.plural}, which are"
                f" found by {' and '.join(kind.found_by)}"
            )
        problems += _missing(kind, version, one) + _bad(kind, version, one.fields)
        plan.create.append(new)
    else:
        update = _update(ask, one, there)
        problems += _fixed(kind, version, update) + _bad(kind, version, update.fields)
        problems += kind.step(version, there.fields, update.fields)
        if update.fields or update.labels or update.unlabelled:
            plan.update.append(update)
    plan.problems += [f"{kind.name} {one.id}: {problem}" for problem in problems]


def _update(ask: Ask, one: Wanted, there: Found) -> Update:
    given = _labels(ask, one)
    unwanted = {key for key, value in (one.labels or {}).items() if value is None}
    if ask.exact and one.labels is not None:
        unwanted |= {key for key in there.labels.keys() - given.keys() if not SERVERS.match(key)}
    return Update(
        before=there,
        fields={name: value for name, value in one.fields.items() if there.fields.get(name) != value},
        labels={key: value for key, value in given.items() if there.labels.get(key) != value},
        unlabelled=tuple(sorted(unwanted & there.labels.keys())),
    )


def _labels(ask: Ask, one: Wanted) -> Labels:
    """Those that shall be there, the owner's among them."""
    given = {key: value for key, value in (one.labels or {}).items() if value is not None}
    return ownership.marked(given, ask.owner)


def _remove_others(kind: Kind, ask: Ask, ids: set[str], found: t.Mapping[str, Found], plan: Plan) -> None:
    others = [one for one in found.values() if one.id not in ids and not kind.foreign(one.fields)]
    if ask.owner:
        others = [one for one in others if ownership.owner(one.labels) == ask.owner]
    elif kind.shared:
        plan.problems.append(f"mode exact without an owner: {kind.shared}: give owner, or each with state absent")
        return
    if not ask.owner and others and not any(not one.absent for one in ask.wanted):
        plan.problems.append(
            f"mode exact without any {kind.name} would remove all {len(others)}: give owner, or each with state absent"
        )
    plan.delete += others


def _others_own(kind: Kind, ask: Ask, plan: Plan) -> list[str]:
    """What is another owner's, of all that would be changed or removed."""
    touched = [(one.before, "changed") for one in plan.update] + [(one, "removed") for one in plan.delete]
    return [
        f"{kind.name} {one.id}: {reason}"
        for one, done in touched
        if (reason := ownership.objection(one.labels, ask.owner, done))
    ]


def _unknown(kind: Kind, version: str, one: Wanted) -> list[str]:
    """What this API cannot express."""
    known = {option.name for option, _wire in kind.known(version)}
    problems = [
        f"{option.name}: {option.wire(version)}"
        for option in kind.fields
        if option.name in one.fields and option.name not in known
    ]
    if one.labels and (reason := kind.labels_missing(version)):
        problems.append(f"labels: {reason}")
    return problems


def _missing(kind: Kind, version: str, one: Wanted) -> list[str]:
    return [
        f"{option.name}: required for a new one"
        for option in kind.fields
        if version in option.required and not one.fields.get(option.name)
    ]


def _fixed(kind: Kind, version: str, update: Update) -> list[str]:
    problems = []
    for option in kind.fields:
        if option.name not in update.fields:
            continue
        is_there, wanted = update.before.fields.get(option.name), update.fields[option.name]
        if version in option.fixed:
            problems.append(f"{option.name}: is {is_there!r}, not {wanted!r}, and stays so: {option.fixed[version]}")
        elif version in option.kept and not wanted:
            problems.append(f"{option.name}: cannot be emptied: {option.kept[version]}")
    return problems


def _bad(kind: Kind, version: str, fields: Fields) -> list[str]:
    def of(option: Field) -> list[str]:
        checks = option.limits.get(version, ())
        return [f"{option.name}: {said}" for check in checks if (said := check(fields[option.name]))]

    return [problem for option in kind.fields if option.name in fields for problem in of(option)]
