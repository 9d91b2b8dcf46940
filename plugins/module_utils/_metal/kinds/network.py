# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Networks that administrators make: external ones, underlays, and super networks of which projects get children."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import forms, prefixes, uses
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import (
    BOTH,
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

SUPER = ("super", "super-namespaced")
CHILD = ("child", "child-shared")
TYPE = forms.enum("NETWORK_TYPE_")
NAT = forms.enum("NAT_TYPE_", {"ipv4-masq": "IPV4_MASQUERADE"})
LENGTHS_V1 = prefixes.lengths({"ipv4": "IPv4", "ipv6": "IPv6"})
LENGTHS_V2 = prefixes.lengths({"ipv4": "ipv4", "ipv6": "ipv6"})
FIXED = dict.fromkeys(BOTH, "both APIs take it of a new network only")
UNCHANGED = dict.fromkeys(BOTH, "to both APIs an empty list means no change")
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
# Both servers let a partition have one super network, metal-api one underlay, too.
ONE_EACH = {V1: ("super", "underlay"), V2: ("super",)}


def not_administrators(fields: Fields) -> str | None:
    if is_child(fields):
        return f"is a child network of {fields['parent_network']}: its project manages it"
    return None


def is_child(fields: Fields) -> bool:
    """By its parent where an old entry has no type."""
    return fields.get("type") in CHILD or bool(fields.get("parent_network"))


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


def sound(version: str, networks: t.Mapping[str, Fields], touched: t.Mapping[str, Fields]) -> list[str]:
    """Both servers: createNetwork and updateNetwork, validateCreateNetworkType… of network-validation.go.

    Only a new network touches its type.
    """
    problems = []
    for name, sent in touched.items():
        network = networks[name]
        if network.get("type"):
            found = _of_type(version, sent) if "type" in sent else _childless(network["type"], sent)
            found += _lengths(network, sent) + _families(network, sent)
            problems += [f"network {name}: {problem}" for problem in found]
    return problems + _apart(version, networks, touched)


def _of_type(version: str, new: Fields) -> list[str]:
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


def _lengths(network: Fields, sent: Fields) -> list[str]:
    """A super network needs a length for each family that it has, and every length has to fit."""
    if network["type"] not in SUPER:
        return []
    problems = []
    for name in ("default_child_prefix_length", "min_child_prefix_length"):
        if name in sent or "prefixes" in sent:
            bits = {
                family: length
                for family, length in network.get(name, {}).items()
                if name in sent or family in prefixes.families(network.get("prefixes", ()))
            }
            problems += [f"{name}.{problem}" for problem in prefixes.unfit(bits, network.get("prefixes", []))]
    if sent.get("default_child_prefix_length"):
        missing = prefixes.families(network.get("prefixes", ())) - set(sent["default_child_prefix_length"])
        problems += [
            f"default_child_prefix_length.{family}: needed, for there are {family} prefixes" for family in missing
        ]
    return problems


def _families(network: Fields, sent: Fields) -> list[str]:
    known = prefixes.families(network.get("prefixes", ()))
    return [
        f"destination_prefixes: {one} is {prefixes.family(one)}, of which there is no prefix"
        for one in sent.get("destination_prefixes", ())
        if prefixes.family(one) not in known
    ]


def _apart(version: str, networks: t.Mapping[str, Fields], touched: t.Mapping[str, Fields]) -> list[str]:
    """No prefix and no VRF is of two networks, and a partition has one super network. Children are in their parent."""
    problems = []
    for name, sent in sorted(touched.items()):
        own = itertools.combinations(sent.get("prefixes", ()), 2)
        problems += [
            f"network {name}: prefixes: {one} overlaps with {other}" for one, other in own if _overlap(one, other)
        ]
        for other in sorted(networks.keys() - {name}):
            if other in touched and other < name:
                continue  # the pair was looked at
            ours, theirs = networks[name], networks[other]
            fields = {*sent, *touched.get(other, ())}
            found = _overlapping(ours, theirs) if "prefixes" in fields and not is_child(theirs) else []
            found += _sole(version, ours, theirs) if "type" in fields else []
            problems += [f"network {name}: {problem} network {other}" for problem in found]
    return problems


def _overlap(one: str, other: str) -> bool:
    return bool(prefixes.overlaps([one], [other]))


def _overlapping(ours: Fields, theirs: Fields) -> list[str]:
    return [
        f"prefixes: {one} overlaps with {other} of"
        for one, other in prefixes.overlaps(ours.get("prefixes", ()), theirs.get("prefixes", ()))
    ]


def _sole(version: str, ours: Fields, theirs: Fields) -> list[str]:
    def same(field: str) -> bool:
        return bool(ours.get(field)) and ours[field] == theirs.get(field)

    problems = [f"vrf: {ours['vrf']} is that of"] if same("vrf") else []
    if same("type") and same("partition") and ours["type"] in ONE_EACH[version]:
        problems.append(f"partition: {ours['partition']} takes one of type {ours['type']}, which is")
    return problems


def at_once(version: str, before: Fields, sent: Fields) -> list[str]:
    """Each server compares some of what is new with the rest as it was.

    A super network of API v2 would take no further update once it had a prefix of a family without a length.
    """
    if "prefixes" not in sent:
        return []
    bits = before["default_child_prefix_length"] if before["type"] in SUPER else {}
    added = [one for one in sent["prefixes"] if before["type"] in SUPER and prefixes.family(one) not in bits]
    problems = [f"prefixes: {one}: neither API adds a family to a super network: make another one" for one in added]
    if version == V1:
        kept = [one for one in sent["prefixes"] if prefixes.family(one) in bits]
        late = prefixes.unfit({name: bits[name] for name in prefixes.families(kept)}, kept)
        return problems + [f"prefixes: API v1 looks at the child prefix length that was there: {one}" for one in late]
    lengths = {name: length for name, length in sent.get("default_child_prefix_length", {}).items() if name in bits}
    late = prefixes.unfit(lengths, before["prefixes"]) + _families(before, sent)
    return problems + [
        f"API v2 looks at the prefixes that were there: {one}; change the prefixes before, alone" for one in late
    ]


def used_by(client: t.Any, version: str, name: str) -> list[str]:
    """Machines too, firewalls among them, as metal-apiserver has it; metal-api looks at children and IPs only."""
    network = "networkid" if version == V1 else "network"
    query = {"network_ids": [name]} if version == V1 else {"network": {"networks": [name]}}

    def has_it(machine: Document) -> bool:
        return any(one.get(network) == name for one in at(machine, "allocation.networks") or ())

    return [
        *_children(client, version, name),
        *uses.MACHINES.told(version, filter(has_it, uses.MACHINES.find(client, version, query))),
        *uses.IPS.of(client, version, "networkid", "network", name),
    ]


def loses(client: t.Any, version: str, name: str, before: Fields, sent: Fields) -> list[str]:
    """A prefix from which there are IPs or children stays, and what children announce."""
    after = {**before, **sent}

    def gone(field: str) -> list[str]:
        return [one for one in before[field] if one not in after[field]]

    problems = []
    for prefix in gone("prefixes"):
        users = [*_children_of(client, version, name, prefix), *_ips(client, version, prefix)]
        if users:
            problems.append(f"prefixes: {prefix} is not dropped while it is used by {', '.join(users)}")
    if unannounced := gone("additional_announcable_cidrs"):
        users = _children(client, version, name)
        if users:
            problems.append(
                f"additional_announcable_cidrs: {', '.join(unannounced)} not removed while there may be routes to it"
                f" in {', '.join(users)}"
            )
    return problems


def _children(client: t.Any, version: str, parent: str) -> list[str]:
    return uses.NETWORKS.of(client, version, "parentnetworkid", "parent_network", parent)


def _children_of(client: t.Any, version: str, parent: str, prefix: str) -> list[str]:
    asked = "parentnetworkid" if version == V1 else "parent_network"
    found = uses.NETWORKS.find(client, version, {asked: parent})
    children = [one for one in found if any(prefixes.inside(its, prefix) for its in one.get("prefixes", ()))]
    return uses.NETWORKS.told(version, children)


def _ips(client: t.Any, version: str, prefix: str) -> list[str]:
    asked, address = ("networkprefix", "ipaddress") if version == V1 else ("parent_prefix_cidr", "ip")
    found = uses.IPS.find(client, version, {asked: prefix})
    return uses.IPS.told(version, [one for one in found if prefixes.inside(one[address], prefix)])


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
    uses=used_by,
    rule=sound,
    together=True,
    step=at_once,
    loses=loses,
    foreign=not_administrators,
    forced=("additional_announcable_cidrs",),
)
