# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sizes: what a machine has to have to be one of them."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import forms, uses
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import (
    BOTH,
    Document,
    Field,
    Fields,
    Kind,
    V1Api,
    V2Api,
    Wire,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1, V2

Constraint = t.Mapping[str, t.Any]
TYPE = forms.enum("SIZE_CONSTRAINT_TYPE_")
SINGLE = ("cores", "memory")
UNKNOWN = "unknown"


def _canonical(constraints: t.Iterable[Constraint] | None) -> list[Document]:
    """In an order of their own: theirs means nothing. API v1 leaves out what is zero or empty."""
    read = [
        {
            "type": one["type"],
            "min": int(one.get("min") or 0),
            "max": int(one.get("max") or 0),
            "identifier": one.get("identifier") or "",
        }
        for one in constraints or ()
    ]
    return sorted(read, key=lambda one: tuple(one.values()))


def _written(constraints: t.Iterable[Constraint]) -> list[Document]:
    """An identifier that is empty is none."""
    return [{name: value for name, value in one.items() if name != "identifier" or value} for one in constraints]


CONSTRAINTS_V1 = forms.Form(read=_canonical, write=_written, given=_canonical)
CONSTRAINTS_V2 = forms.Form(
    read=lambda value: _canonical({**one, "type": TYPE.read(one["type"])} for one in value or ()),
    write=lambda value: [{**one, "type": TYPE.write(one["type"])} for one in _written(value)],
    given=_canonical,
)


def consistent(constraints: t.Sequence[Constraint]) -> str | None:
    """Both servers: Constraint.Validate and validateSizeConstraints."""
    problems = []
    for one in constraints:
        kind, text = one["type"], f"{one['type']} {one['min']} to {one['max']}"
        if one["max"] < one["min"]:
            problems.append(f"{text}: expected a max that is not below min")
        if kind == "gpu" and not one["identifier"]:
            problems.append(f"{text}: expected an identifier for gpu")
        if kind == "memory" and one["identifier"]:
            problems.append(f"{text}: expected no identifier for memory, found {one['identifier']}")
    types = [one["type"] for one in constraints]
    problems += [f"expected one of type {kind}, found {types.count(kind)}" for kind in SINGLE if types.count(kind) > 1]
    return "; ".join(problems) or None


def apart(version: str, sizes: t.Mapping[str, Fields], touched: t.Mapping[str, Fields]) -> list[str]:
    """No machine may be of two sizes. To API v2 a size without constraints is every machine's, to v1 nobody's.

    API v2 compares a size whose constraints are sent, v1 every one that changes.
    """
    problems = [f"size {name}: API v1 keeps this id for machines of no size" for name in touched if name == UNKNOWN]
    problems = problems if version == V1 else []
    compared = {name for name, fields in touched.items() if version == V1 or "constraints" in fields}
    for (one, ours), (other, theirs) in itertools.combinations(sorted(sizes.items()), 2):
        constraints = (ours.get("constraints", []), theirs.get("constraints", []))
        if compared & {one, other} and _overlap(version, *constraints):
            problems.append(f"size {one} overlaps with {other}: a machine could be of both, set their limits apart")
    return problems


def _overlap(version: str, ours: t.Sequence[Constraint], theirs: t.Sequence[Constraint]) -> bool:
    if not (ours and theirs):
        return version == V2
    if {one["type"] for one in ours} != {one["type"] for one in theirs}:
        return False
    pairs = [(one, other) for one in ours for other in theirs if one["type"] == other["type"]]
    return all(
        one["identifier"] == other["identifier"] and one["min"] <= other["max"] and one["max"] >= other["min"]
        for one, other in pairs
    )


def used_by(client: t.Any, version: str, name: str) -> list[str]:
    """Machines too, as metal-apiserver has it; metal-api looks at reservations only."""
    return [
        *uses.MACHINES.of(client, version, ("sizeid", "size.id"), ("size", "size.id"), name),
        *uses.SIZE_RESERVATIONS.of(client, version, "sizeid", "size", name),
        *_image_constraints(client, version, name),
    ]


def _image_constraints(client: t.Any, version: str, name: str) -> list[str]:
    if version == V1:
        listed = [one["id"] for one in client.read("GET", "/v1/size-image-constraint") or []]
    else:
        answer = client.read("admin", "size_imageconstraint", "List", {"query": {"size": name}})
        listed = [one["size"] for one in answer.get("size_image_constraints", [])]
    return uses.told("size image constraint", [one for one in listed if one == name])


SIZE = Kind(
    name="size",
    plural="sizes",
    fields=(
        Field("name", v1=Wire("name"), v2=Wire("name")),
        Field("description", v1=Wire("description"), v2=Wire("description")),
        Field(
            "constraints",
            v1=Wire("constraints", CONSTRAINTS_V1),
            v2=Wire("constraints", CONSTRAINTS_V2),
            required=BOTH,
            kept={V2: "to API v2 an empty list means no change"},
            limits=dict.fromkeys(BOTH, (consistent,)),
        ),
    ),
    v1=V1Api(path="/v1/size"),
    v2=V2Api(service="size", one="size", many="sizes"),
    uses=used_by,
    rule=apart,
    together=True,
)
