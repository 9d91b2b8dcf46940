# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module tells: objects as a task writes them, and the difference. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import replace

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Document, Kind
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.plan import Plan, Wanted
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.store import Found


def shown(kind: Kind, version: str, found: Found) -> Document:
    """One object, as `_info` returns it. What the server adds is left out while it is not made yet."""
    document: Document = {} if found.unnamed and not kind.labelled else {"id": found.id}
    document |= kind.shown(found.fields)
    if not kind.labels_missing(version):
        document["labels"] = dict(sorted(found.labels.items()))
    servers = {
        "server_id": found.server_id,
        "created_at": found.created,
        "updated_at": found.changed,
        "generation": found.generation,
    }
    return document | {name: value for name, value in servers.items() if value not in ("", None)}


def predicted(plan: Plan, found: t.Mapping[str, Found]) -> dict[str, Found]:
    """The objects as they would be."""
    gone = {one.id for one in plan.delete}
    after = {name: one for name, one in found.items() if name not in gone}
    for update in plan.update:
        after[update.before.id] = replace(update.before, fields=update.after, labels=update.labels_after)
    return after | {one.id: one for one in plan.create}


def listed(kind: Kind, version: str, wanted: t.Sequence[Wanted], objects: t.Mapping[str, Found]) -> list[Document]:
    """Those that the task names and that are there, in its order."""
    return [shown(kind, version, objects[one.id]) for one in wanted if one.id in objects]


def diff(kind: Kind, plan: Plan) -> Document:
    """What differs and nothing else, by id."""
    before: Document = {}
    after: Document = {}
    for update in plan.update:
        old = {name: update.before.fields.get(name) for name in update.fields}
        before[update.before.id] = kind.shown(old)
        after[update.before.id] = kind.shown(update.fields)
        if update.labels or update.unlabelled:
            before[update.before.id]["labels"] = dict(sorted(update.before.labels.items()))
            after[update.before.id]["labels"] = dict(sorted(update.labels_after.items()))
    before |= {one.id: _whole(kind, one) for one in plan.delete}
    after |= {one.id: _whole(kind, one) for one in plan.create}
    return {"before": dict(sorted(before.items())), "after": dict(sorted(after.items()))}


def _whole(kind: Kind, one: Found) -> Document:
    return kind.shown(one.fields) | ({"labels": dict(sorted(one.labels.items()))} if one.labels else {})
