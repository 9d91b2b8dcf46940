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
# By which of these the items of a list are kept, as the API's patchMergeKey has it: versions of a CloudProfile have no
# name, nor have tolerations.
_KEYS = ("name", "version", "key")
# What of an object is not described by who applies it.
_HEAD = ("apiVersion", "kind", "metadata", "status")


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


def named(name: str, key: str = "name") -> str:
    """The step to an item of a list that is kept by name, or by another key."""
    return f"k:{json.dumps({key: name}, separators=(',', ':'))}"


def client_side(found: Object) -> list[str]:
    """Who has applied the object on the client's side."""
    return sorted({one["manager"] for one in found["metadata"].get("managedFields") or [] if _applied(one)})


def former(found: Object) -> Object:
    """What was last applied on the client's side, with the values that are there by now.

    Applied by us it changes nothing, and makes its fields ours; of what was defaulted it has nothing. Fields that are
    gone by now are left out. Raises GardenError where the note is none.
    """
    applied = _noted(found)
    metadata = {key: applied["metadata"][key] for key in ("labels", "annotations") if applied["metadata"].get(key)}
    shape = {**{key: value for key, value in applied.items() if key not in _HEAD}, "metadata": metadata}
    place = {key: found["metadata"][key] for key in ("name", "namespace") if key in found["metadata"]}
    valued: Object = _valued(shape, found)
    head = {"apiVersion": found["apiVersion"], "kind": found["kind"]}
    return {**valued, **head, "metadata": {**valued.get("metadata", {}), **place}}


def _noted(found: Object) -> Object:
    """What was last applied on the client's side."""
    try:
        applied = dict(json.loads(found["metadata"]["annotations"][LAST_APPLIED]))
        return {**applied, "metadata": dict(applied["metadata"]), "spec": dict(applied.get("spec") or {})}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise GardenError(
            f"annotation {LAST_APPLIED} does not have what was applied, so what goes cannot be told."
            " Nothing was changed -> apply the object once more as before, or remove the annotation"
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
    for part in [part for part in before if part not in _HEAD or part == "metadata"]:
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
    if (key := _kept_by(shape, found)) is not None:
        there = {one[key]: one for one in found}
        return [_valued(one, there[one[key]]) for one in shape if one[key] in there]
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
    elif (key := _kept_by(before, kept, wanted or [])) is not None:
        former, now = ({one[key]: one for one in side} for side in (before, wanted or []))
        for one in list(kept):
            name = one[key]
            below = [each[named(name, key)] for each in theirs if named(name, key) in each]
            if name in former and name not in now and not below:
                kept.remove(one)
            elif name in former:
                _remove(one, former[name], now.get(name) or {key: name}, below)


def _kept_by(*lists: t.Any) -> str | None:
    """The key by which all of these lists keep their items; None where they are none, or have no such key."""
    items = [one for each in lists if isinstance(each, list) for one in each]
    if not all(isinstance(each, list) for each in lists) or not all(isinstance(one, dict) for one in items):
        return None
    return next((key for key in _KEYS if all(key in one for one in items)), None)
