# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Networks that administrators make: external ones, underlays, and super networks of which projects get children."""

from __future__ import annotations

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import forms, prefixes
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
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds import (
    network_rules,
    network_types,
    network_uses,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1, V2

TYPE = forms.enum("NETWORK_TYPE_")
NAT = forms.enum("NAT_TYPE_", {"ipv4-masq": "IPV4_MASQUERADE"})
LENGTHS_V1 = prefixes.lengths({"ipv4": "IPv4", "ipv6": "IPv6"})
LENGTHS_V2 = prefixes.lengths({"ipv4": "ipv4", "ipv6": "ipv6"})
FIXED = dict.fromkeys(BOTH, "both APIs take it of a new network only")
UNCHANGED = dict.fromkeys(BOTH, "to both APIs an empty list means no change")


def not_administrators(fields: Fields) -> str | None:
    if network_types.is_child(fields):
        return f"is a child network of {fields['parent_network']}: its project manages it"
    return None


def flags(fields: Fields) -> Document:
    """By what API v1 tells the type and NAT of a new network; its description wants both ways of all of them."""
    return {
        "networktype": fields["type"],
        "privatesuper": fields["type"] == "super",
        "underlay": fields["type"] == "underlay",
        "nattype": fields.get("nat_type", "none"),
        "nat": fields.get("nat_type") == "ipv4-masq",
        "destinationprefixes": fields.get("destination_prefixes", []),
    }


NETWORK = Kind(
    name="network",
    plural="networks",
    fields=(
        Field("name", v1=Wire("name"), v2=Wire("name")),
        Field("description", v1=Wire("description"), v2=Wire("description")),
        Field("type", v1=Wire("networktype"), v2=Wire("type", TYPE), required=BOTH, fixed=FIXED),
        Field("partition", v1=Wire("partitionid"), v2=Wire("partition"), fixed=FIXED),
        Field("project", v1=Wire("projectid"), v2=Wire("project"), fixed=FIXED),
        Field(
            "prefixes",
            v1=Wire("prefixes", prefixes.PREFIXES),
            v2=Wire("prefixes", prefixes.PREFIXES),
            required=BOTH,
            kept=UNCHANGED,
            limits=dict.fromkeys(BOTH, (forms.each_once,)),
        ),
        Field(
            "destination_prefixes",
            v1=Wire("destinationprefixes", prefixes.PREFIXES),
            v2=Wire("destination_prefixes", prefixes.PREFIXES),
            kept=UNCHANGED,
            limits=dict.fromkeys(BOTH, (forms.each_once,)),
        ),
        Field(
            "default_child_prefix_length",
            v1=Wire("defaultchildprefixlength", LENGTHS_V1),
            v2=Wire("default_child_prefix_length", LENGTHS_V2),
            kept=dict.fromkeys(BOTH, "a super network needs it"),
        ),
        Field(
            "min_child_prefix_length",
            v1="API v1 has no least length: leave it out",
            v2=Wire("min_child_prefix_length", LENGTHS_V2),
            fixed={V2: "API v2 leaves a change of it undone"},
        ),
        Field(
            "nat_type",
            v1=Wire("nattype"),
            v2=Wire("nat_type", NAT),
            fixed={V1: "API v1 takes it of a new network only"},
        ),
        Field(
            "vrf",
            v1=Wire("vrf", forms.NUMBER),
            v2=Wire("vrf", forms.NUMBER),
            fixed=FIXED,
            limits=dict.fromkeys(BOTH, (forms.positive,)),
        ),
        Field(
            "additional_announcable_cidrs",
            v1=Wire("additionalAnnouncableCIDRs", prefixes.PREFIXES),
            v2=Wire("additional_announcable_cidrs", prefixes.PREFIXES),
            limits=dict.fromkeys(BOTH, (forms.each_once,)),
        ),
        # Not an option: children alone have one.
        Field("parent_network", v1=Wire("parentnetworkid"), v2=Wire("parent_network")),
    ),
    v1=V1Api(path="/v1/network", always=("additional_announcable_cidrs",), also=flags),
    v2=V2Api(
        service="network",
        one="network",
        many="networks",
        readers=("admin",),
        flat={},
        always=("prefixes", "additional_announcable_cidrs"),
    ),
    uses=network_uses.used_by,
    rule=network_rules.sound,
    together=True,
    step=network_rules.at_once,
    loses=network_uses.loses,
    foreign=not_administrators,
    forced=("additional_announcable_cidrs",),
    filters={name: name for name in ("type", "partition", "project", "parent_network")},
)
