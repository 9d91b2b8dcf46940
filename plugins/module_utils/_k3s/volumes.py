# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Persistent volumes that lie on the disk of one node, and whether their data is still there."""

from __future__ import annotations

import os
import typing as t

HOSTNAME = "kubernetes.io/hostname"

Volume = dict[str, str]


def parse(raw: dict[str, t.Any]) -> Volume:
    """A PersistentVolume, cut down; path and node are empty for one that lies on no node's disk."""
    spec = raw.get("spec", {})
    claim = spec.get("claimRef", {})
    terms = spec.get("nodeAffinity", {}).get("required", {}).get("nodeSelectorTerms", [])
    nodes = [
        name
        for term in terms
        for rule in term.get("matchExpressions", [])
        if rule.get("key") == HOSTNAME
        for name in rule.get("values", [])
    ]
    return {
        "name": raw.get("metadata", {}).get("name", ""),
        "claim": f"{claim['namespace']}/{claim['name']}" if claim else "",
        "path": (spec.get("local") or spec.get("hostPath") or {}).get("path", ""),
        "node": nodes[0] if len(nodes) == 1 else "",
    }


def of_node(known: t.Iterable[Volume], node: str) -> list[Volume]:
    """The volumes that lie on the disk of a node."""
    return sorted((volume for volume in known if volume["node"] == node), key=lambda volume: volume["name"])


def is_there(volume: Volume, storage: dict[str, t.Any]) -> bool:
    """Whether a volume has a directory yet where the node keeps its volumes; what lies elsewhere is not judged."""
    return (
        os.path.dirname(volume["path"]) != storage["path"] or os.path.basename(volume["path"]) in storage["directories"]
    )


def described(volumes: t.Iterable[Volume]) -> list[str]:
    """What a person knows them by: their claims, or their own names without one."""
    return sorted(volume["claim"] or volume["name"] for volume in volumes)


def lost(known: t.Iterable[Volume], node: str, storage: dict[str, t.Any]) -> list[str]:
    """The claims whose volume lay on the node and has no directory there any more.

    storage: where the node keeps volumes (path), and which directories it has there (directories).
    """
    return described(volume for volume in of_node(known, node) if not is_there(volume, storage))
