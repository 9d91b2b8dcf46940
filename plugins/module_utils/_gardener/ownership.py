# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which fields of an object are ours, as its managed fields have it, and how those of C(kubectl apply) become so.

Pure. The form of fields is FieldsV1 of Kubernetes' API conventions: C(f:NAME), and C(k:{"KEY":"VALUE"}) in lists.
"""

from __future__ import annotations

import copy
import json
import typing as t

from .._k3s.objects import MANAGER
from .errors import GardenError

Object = dict[str, t.Any]

# What client-side apply notes for its next time, and by which it is told from other writers.
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def ours(found: Object) -> Object:
    """The fields that we have applied; empty where we never did."""
    for one in found["metadata"].get("managedFields") or []:
        if (one["manager"], one["operation"], one.get("subresource", "")) == (MANAGER, "Apply", ""):
            return dict(one.get("fieldsV1") or {})
    return {}


def holds(fields: Object, *steps: str) -> bool:
    """Whether a field is among these."""
    for step in steps:
        if step not in fields:
            return False
        fields = fields[step]
    return True


def named(name: str) -> str:
    """The step to an item of a list that is kept by name."""
    return f"k:{json.dumps({'name': name}, separators=(',', ':'))}"


def client_side(found: Object) -> list[str]:
    """Who has applied the object on the client's side."""
    return sorted({one["manager"] for one in found["metadata"].get("managedFields") or [] if _applied(one)})


def former(found: Object) -> Object:
    """What was last applied on the client's side, with the values that are there by now.

    Applied by us it changes nothing, and makes its fields ours; of what was defaulted it has nothing. Fields that are
    gone by now are left out. Raises GardenError where the note is none.
    """
    metadata, spec = _noted(found)
    metadata = {key: metadata[key] for key in ("labels", "annotations") if metadata.get(key)}
    shape = {"metadata": metadata, "spec": spec}
    place = {key: found["metadata"][key] for key in ("name", "namespace")}
    valued: Object = _valued(shape, found)
    head = {"apiVersion": found["apiVersion"], "kind": found["kind"]}
    return {**valued, **head, "metadata": {**valued.get("metadata", {}), **place}}


def _noted(found: Object) -> tuple[Object, Object]:
    """Metadata and spec as they were last applied on the client's side."""
    try:
        applied = json.loads(found["metadata"]["annotations"][LAST_APPLIED])
        return dict(applied["metadata"]), dict(applied.get("spec") or {})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise GardenError(
            f"annotation {LAST_APPLIED} does not have what was applied, so what goes cannot be told."
            " Nothing was changed -> apply the shoot once more as before, or remove the annotation"
        ) from error


def handed_over(found: Object) -> list[Object]:
    """The JSON patch by which those who have applied it on the client's side own nothing of it any more.

    Refused with status 409 where the object has changed since it was read.
    """
    kept = [one for one in found["metadata"]["managedFields"] if not _applied(one)]
    annotations = {key: text for key, text in found["metadata"]["annotations"].items() if key != LAST_APPLIED}
    return [
        {"op": "replace", "path": "/metadata/resourceVersion", "value": found["metadata"]["resourceVersion"]},
        {"op": "replace", "path": "/metadata/managedFields", "value": kept},
        {"op": "replace", "path": "/metadata/annotations", "value": annotations},
    ]


def without(found: Object, before: Object, wanted: Object) -> Object:
    """An object without what was applied before and is not wanted now, for a preview of what is removed.

    What others manage stays, as it does when we apply it.
    """
    kept = copy.deepcopy(found)
    entries = found["metadata"].get("managedFields") or []
    others = [one.get("fieldsV1") or {} for one in entries if not _applied(one) and one["manager"] != MANAGER]
    for part in ("metadata", "spec"):
        theirs = [one[f"f:{part}"] for one in others if f"f:{part}" in one]
        _remove(kept.get(part) or {}, before.get(part) or {}, wanted.get(part) or {}, theirs)
    (kept["metadata"].get("annotations") or {}).pop(LAST_APPLIED, None)
    return kept


def _applied(entry: Object) -> bool:
    """Only who has sent the object whole owns the note, which it is sent with."""
    noted = holds(entry.get("fieldsV1") or {}, "f:metadata", "f:annotations", f"f:{LAST_APPLIED}")
    return noted and entry["operation"] == "Update" and not entry.get("subresource")


def _valued(shape: t.Any, found: t.Any) -> t.Any:
    if isinstance(shape, dict) and isinstance(found, dict):
        return {key: _valued(value, found[key]) for key, value in shape.items() if key in found}
    if _by_name(shape) and _by_name(found):
        there = {one["name"]: one for one in found}
        return [_valued(one, there[one["name"]]) for one in shape if one["name"] in there]
    return found


def _remove(kept: t.Any, before: t.Any, wanted: t.Any, theirs: list[Object]) -> None:
    """theirs: the fields of others, at the same place."""
    if isinstance(before, dict) and isinstance(kept, dict):
        for key in [key for key in before if key in kept]:
            below = [one[f"f:{key}"] for one in theirs if f"f:{key}" in one]
            if key not in wanted and not below:
                del kept[key]
            else:
                _remove(kept[key], before[key], wanted.get(key) or {}, below)
    elif _by_name(before) and _by_name(kept) and (not wanted or _by_name(wanted)):
        former, now = ({one["name"]: one for one in side} for side in (before, wanted))
        for one in list(kept):
            name = one["name"]
            below = [each[named(name)] for each in theirs if named(name) in each]
            if name in former and name not in now and not below:
                kept.remove(one)
            elif name in former:
                _remove(one, former[name], now.get(name) or {"name": name}, below)


def _by_name(value: t.Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, dict) and "name" in one for one in value)
