# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a network of a type has, and has not, in each API. Pure."""

from __future__ import annotations

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import prefixes
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Fields
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1, V2

SUPER = ("super", "super-namespaced")
CHILD = ("child", "child-shared")
# What a new network of a type needs, and what it has not.
NEEDS = {
    V1: dict.fromkeys(SUPER, ("default_child_prefix_length",)),
    V2: {**dict.fromkeys(SUPER, ("default_child_prefix_length",)), "external": ("vrf",), "underlay": ("partition",)},
}
CHILDLESS = ("default_child_prefix_length", "additional_announcable_cidrs")
LACKS = {
    V1: {"external": CHILDLESS, "underlay": (*CHILDLESS, "nat_type"), "super": ("nat_type",)},
    V2: {
        "external": (*CHILDLESS, "min_child_prefix_length"),
        "underlay": (
            *CHILDLESS,
            *("min_child_prefix_length", "nat_type", "project", "vrf", "destination_prefixes"),
        ),
        "super-namespaced": ("partition",),
    },
}


def is_child(fields: Fields) -> bool:
    """By its parent where an old entry has no type."""
    return fields.get("type") in CHILD or bool(fields.get("parent_network"))


def unfit(version: str, network: Fields, sent: Fields) -> list[str]:
    """What is to be sent that a network of its type has not, or lacks; the type is sent of a new one only."""
    return _of_new(version, sent) if "type" in sent else _childless(network["type"], sent)


def _of_new(version: str, new: Fields) -> list[str]:
    """What a new network of this type has to have, and has not."""
    kind = new["type"]
    if version == V1 and kind == "super-namespaced":
        return ["type: API v1 makes none that is super-namespaced"]
    problems = [
        f"{name}: a new network of type {kind} needs it" for name in NEEDS[version].get(kind, ()) if not new.get(name)
    ]
    problems += [
        f"{name}: a network of type {kind} has none"
        for name in LACKS[version].get(kind, ())
        if new.get(name) and new[name] != "none"
    ]
    if version == V2 and kind == "underlay" and "ipv6" in prefixes.families(new.get("prefixes", ())):
        problems.append("prefixes: to API v2 an underlay has IPv4 only")
    return problems


def _childless(kind: str, sent: Fields) -> list[str]:
    lacks = CHILDLESS if kind not in SUPER else ()
    return [f"{name}: a network of type {kind} has none" for name in lacks if sent.get(name)]
