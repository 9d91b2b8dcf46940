# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The course of every module that brings a list of objects about, and of its `_info`. Knows no Ansible."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import apply, plan, report
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.chosen import chosen
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import BadInput
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Document, Kind
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.plan import Ask, Plan
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.store import Store

Parameters = t.Mapping[str, t.Any]


def converge(kind: Kind, store: Store, parameters: Parameters, check: bool) -> Document:
    """Bring the list about unless ``check``; the module's result, in which ``errors`` are what was not done."""
    problems: list[str] = []
    if parameters["owner"] == "":
        problems.append("owner: expected a name, found an empty one; leave it out for none")
    given = [plan.wanted(kind, one, problems) for one in parameters[kind.plural]]
    found = store.objects()
    entries = [plan.named(kind, one, found, problems) for one in given]
    ask = Ask(entries, parameters["mode"] == "exact", parameters["owner"], parameters["take_over"])
    decided = plan.decide(kind, store.version, ask, found)
    problems += decided.problems
    if not problems:
        # What the rules of the description say is told only for what can be expressed at all.
        problems += store.problems(decided.create, decided.update, decided.delete)
        problems += _needed(kind, store, decided)
    if problems:
        raise BadInput(problems)
    result = {
        "changed": bool(decided),
        "api_version": store.version,
        "created": [one.id for one in decided.create],
        "updated": [one.before.id for one in decided.update],
        "removed": [one.id for one in decided.delete],
        "diff": report.diff(kind, decided),
        "errors": [],
    }
    after = report.predicted(decided, found)
    if not check:
        done = apply.carry_out(kind, decided, store)
        decided = done.part_of(decided)
        after = report.predicted(decided, found)
        result |= {
            "changed": bool(done.created or done.updated or done.removed),
            "created": done.created,
            "updated": done.updated,
            "removed": done.removed,
            "errors": done.errors,
            "diff": report.diff(kind, decided),
        }
        after |= done.objects
    return result | {kind.plural: report.listed(kind, store.version, entries, after)}


def information(kind: Kind, store: Store, parameters: Parameters) -> Document:
    """The objects that there are, or those that are asked for; with ``usage`` what needs each of them."""
    found = chosen(kind, store.version, store.objects(), parameters)
    ids = parameters["ids"] if parameters["ids"] is not None else sorted(found)
    present = [found[one] for one in ids if one in found]
    objects = [report.shown(kind, store.version, one) for one in present]
    if parameters["usage"]:
        for one, document in zip(present, objects, strict=True):
            document["used_by"] = kind.uses(store.client, store.version, one.key)
    return {
        "changed": False,
        "api_version": store.version,
        kind.plural: objects,
        "missing": [one for one in ids if one not in found],
    }


def _needed(kind: Kind, store: Store, decided: Plan) -> list[str]:
    """What is still in use is not removed, nor changed so that it loses what is."""
    problems = []
    for one in decided.delete:
        users = kind.uses(store.client, store.version, one.key)
        if users:
            problems.append(
                f"{kind.name} {one.id}: not removed while it is used by {', '.join(users)}: remove these first"
            )
    for update in decided.update:
        before = update.before
        lost = kind.loses(store.client, store.version, before.key, before.fields, update.fields)
        problems += [f"{kind.name} {before.id}: {problem}" for problem in lost]
    return problems
