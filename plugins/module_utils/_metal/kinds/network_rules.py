# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with networks as they would be, alone and together. Pure."""

from __future__ import annotations

import itertools
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import prefixes
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Fields
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds import network_types
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.network_types import SUPER
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1, V2

# Both servers let a partition have one super network, metal-api one underlay, too.
ONE_EACH = {V1: ("super", "underlay"), V2: ("super",)}


def sound(version: str, networks: t.Mapping[str, Fields], touched: t.Mapping[str, Fields]) -> list[str]:
    """Both servers: createNetwork and updateNetwork, validateCreateNetworkType… of network-validation.go."""
    problems = []
    for name, sent in touched.items():
        network = networks[name]
        if network.get("type"):
            found = network_types.unfit(version, network, sent) + _lengths(network, sent) + _families(network, sent)
            problems += [f"network {name}: {problem}" for problem in found]
    return problems + _apart(version, networks, touched)


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
            found = _overlapping(ours, theirs) if "prefixes" in fields and not network_types.is_child(theirs) else []
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
