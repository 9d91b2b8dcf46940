# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nodes that a restored cluster remembers, and that no host is any more."""

from __future__ import annotations

import time
import typing as t

from . import client, observe, registry, volumes

# A kubelet says every ten seconds that it lives, and may just be coming back to an API that was away.
WATCH_SECONDS = 25.0
POLL_SECONDS = 1.0
REQUEST_SECONDS = 10.0
SECRETS = "/api/v1/namespaces/kube-system/secrets"
PASSWORD = ".node-password.k3s"
# Of a Secret its name will do.
NAMES = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io, application/json"


def registered() -> list[str]:
    """The nodes that k3s has let in, by the passwords that it keeps; what others made nodes of has none."""
    found = client.api(client.Deadline(REQUEST_SECONDS), per_request=REQUEST_SECONDS).json(SECRETS, accept=NAMES)
    named = [item["metadata"]["name"] for item in found["items"]]
    return sorted(name.removesuffix(PASSWORD) for name in named if name.endswith(PASSWORD))


def strangers(nodes: t.Iterable[str], hosts: t.Iterable[str]) -> list[str]:
    """The nodes that are none of these hosts. Pure."""
    known = {host.lower() for host in hosts}
    return [node for node in nodes if node not in known]


def living(nodes: t.Sequence[str]) -> list[str]:
    """Those of which a kubelet says anything while it is watched, or that cannot be asked for."""
    before = {node: observe.heartbeat(node) for node in nodes}
    found = {node for node, beat in before.items() if beat is None}
    end = time.monotonic() + WATCH_SECONDS
    while len(found) < len(before) and time.monotonic() < end:
        time.sleep(POLL_SECONDS)
        found |= {node for node in before if observe.heartbeat(node) != before[node]}
    return sorted(found)


def orphaned(known: t.Sequence[volumes.Volume], nodes: t.Iterable[str]) -> dict[str, list[str]]:
    """By node that is none of these, the claims of the volumes on its disk. Pure."""
    there = {node.lower() for node in nodes}
    elsewhere = sorted({volume["node"] for volume in known} - there - {""})
    return {node: volumes.described(volumes.of_node(known, node)) for node in elsewhere}


def forget(node: str, seconds: float) -> None:
    """Have the cluster forget a node; its pods follow, its volumes stay."""
    registry.forget(node, "", seconds)
