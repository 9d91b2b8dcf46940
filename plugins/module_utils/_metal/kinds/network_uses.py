# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""By what a network, or a part of it, is still needed."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import prefixes, uses
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Document, Fields, at
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1


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
