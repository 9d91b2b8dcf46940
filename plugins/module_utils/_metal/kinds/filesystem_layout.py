# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filesystem layouts: what machines of a size get on their disks with an image."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import forms, storage, uses, versions
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import (
    BOTH,
    NONE,
    Document,
    Field,
    Fields,
    Kind,
    V1Api,
    V2Api,
    Wire,
    at,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1, V2

DEVICES = ("disks", "raid", "volume_groups", "logical_volumes", "filesystems")
KEPT = {V2: "to API v2 an empty list means no change"}
# What an element of a list has: a form for both APIs, or one for each; API v2 may have none.
Columns = t.Mapping[str, "forms.Form | tuple[forms.Form, forms.Form | None]"]
PARTITION: Columns = {
    "number": forms.NUMBER,
    "label": forms.TEXT,
    "size": forms.NUMBER,
    "gpt_type": (
        forms.TEXT,
        forms.enum("GPT_TYPE_", {"ef00": "BOOT", "8300": "LINUX", "fd00": "LINUX_RAID", "8e00": "LINUX_LVM"}),
    ),
}
RAID: Columns = {
    "array_name": forms.TEXT,
    "devices": forms.ORDERED,
    "level": (forms.TEXT, forms.enum("RAID_LEVEL_")),
    "create_options": forms.ORDERED,
    "spares": forms.NUMBER,
}
VOLUME_GROUP: Columns = {"name": forms.TEXT, "devices": forms.ORDERED, "tags": forms.ORDERED}
LOGICAL_VOLUME: Columns = {
    "name": forms.TEXT,
    "volume_group": forms.TEXT,
    "size": forms.NUMBER,
    "lvm_type": (forms.TEXT, forms.enum("LVM_TYPE_")),
}
FILESYSTEM: Columns = {
    "path": forms.TEXT,
    "device": forms.TEXT,
    "format": (forms.TEXT, forms.enum("FORMAT_")),
    "label": forms.TEXT,
    "mount_options": forms.ORDERED,
    "create_options": forms.ORDERED,
}


def records(version: str, columns: Columns) -> forms.Form:
    """The names of API v2 are ours; those of v1 have no underscores."""
    form: dict[str, tuple[str | None, forms.Form]] = {}
    for name, given in columns.items():
        v1, v2 = given if isinstance(given, tuple) else (given, given)
        if version == V1:
            form[name] = name.replace("_", ""), v1
        else:
            form[name] = (name, v2) if v2 else (None, v1)
    return forms.records(form)


DISK: Columns = {
    "device": forms.TEXT,
    "partitions": (records(V1, PARTITION), records(V2, PARTITION)),
    "wipe_on_reinstall": (forms.FLAG, None),
}


def listed(name: str, columns: Columns, limits: t.Mapping[str, tuple[forms.Limit, ...]]) -> Field:
    return Field(
        name,
        v1=Wire(name.replace("_", ""), records(V1, columns)),
        v2=Wire(name, records(V2, columns)),
        kept=KEPT,
        limits=limits,
    )


def plain_sizes(sizes: t.Sequence[str]) -> str | None:
    wrong = [one for one in sizes if "*" in one]
    return f"expected ids of sizes, found {', '.join(wrong)}" if wrong else None


def versioned(images: t.Mapping[str, str]) -> str | None:
    problems = ["expected operating systems, found *"] if "*" in images else []
    problems += [
        f"{name}: expected * or a version such as 12 or >= 12.1, with a space between, found {constraint}"
        for name, constraint in images.items()
        if not versions.is_constraint(constraint)
    ]
    return "; ".join(problems) or None


def consistent(_version: str, layouts: t.Mapping[str, Fields], touched: t.Mapping[str, Fields]) -> list[str]:
    """All devices are provided, and a size and an image have one layout."""
    problems = [
        f"filesystem layout {name}: {problem}"
        for name, sent in touched.items()
        if not sent.keys().isdisjoint(DEVICES)
        for problem in storage.unsupported(layouts[name])
    ]
    constrained = {name for name, sent in touched.items() if any(one.startswith("constraints.") for one in sent)}
    for (one, ours), (other, theirs) in itertools.combinations(sorted(layouts.items()), 2):
        if constrained & {one, other}:
            problems += [f"filesystem layout {one} and {other}: {problem}" for problem in _ambiguous(ours, theirs)]
    return problems


def _ambiguous(ours: Fields, theirs: Fields) -> list[str]:
    """What both are for. Two with the very same constraint pass both servers, which then take either of them."""
    sizes = sorted({*ours.get("constraints.sizes", ())} & {*theirs.get("constraints.sizes", ())})
    images, others = ours.get("constraints.images", {}), theirs.get("constraints.images", {})
    return [
        f"a machine of size {size} with {name} could get either ({images[name]}, {others[name]}): set them apart"
        for size in sizes
        for name in sorted(images.keys() & others.keys())
        if versions.clash(images[name], others[name])
    ]


def constrained(fields: Fields) -> Document:
    """The description of API v1 wants constraints of every layout, and images of all constraints."""
    constraints = {"sizes": fields.get("constraints.sizes", []), "images": fields.get("constraints.images", {})}
    return {"constraints": constraints}


def used_by(client: t.Any, version: str, name: str) -> list[str]:
    """As metal-apiserver has it; metal-api looks at nothing, nor has it a search for it."""
    path = "allocation.filesystemlayout.id" if version == V1 else "allocation.filesystem_layout.id"
    query: Document = {} if version == V1 else {"allocation": {"filesystem_layout": name}}
    found = uses.MACHINES.find(client, version, query)
    return uses.MACHINES.told(version, [one for one in found if at(one, path) == name])


FILESYSTEM_LAYOUT = Kind(
    name="filesystem layout",
    plural="filesystem_layouts",
    fields=(
        Field("name", v1=Wire("name"), v2=Wire("name")),
        Field("description", v1=Wire("description"), v2=Wire("description")),
        Field(
            "constraints.sizes",
            v1=Wire("constraints.sizes", forms.SORTED),
            v2=Wire("constraints.sizes", forms.SORTED),
            limits=dict.fromkeys(BOTH, (plain_sizes, forms.each_once)),
        ),
        Field(
            "constraints.images",
            v1=Wire("constraints.images", forms.MAP),
            v2=Wire("constraints.images", forms.MAP),
            limits=dict.fromkeys(BOTH, (versioned,)),
        ),
        listed("disks", DISK, {V1: (storage.partitions,), V2: (storage.partitions, storage.never_wiped)}),
        listed("raid", RAID, NONE),
        listed("volume_groups", VOLUME_GROUP, NONE),
        listed("logical_volumes", LOGICAL_VOLUME, dict.fromkeys(BOTH, (storage.rest_last,))),
        listed("filesystems", FILESYSTEM, dict.fromkeys(BOTH, (storage.one_word_each,))),
    ),
    v1=V1Api(
        path="/v1/filesystemlayout",
        replaced=True,
        labels="filesystem layouts have no labels in API v1",
        also=constrained,
    ),
    v2=V2Api(
        service="filesystem",
        one="filesystem_layout",
        many="filesystem_layouts",
        # It looks for devices among those of the same request.
        joint=DEVICES,
        labels="filesystem layouts have no labels in API v2",
    ),
    uses=used_by,
    rule=consistent,
    together=True,
    filters={"size": "constraints.sizes"},
)
