# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Forgetting a node that lost its data, and marking one that runs, through the API of a live server."""

from __future__ import annotations

import time
import typing as t

from . import client, members, nodes

REQUEST_SECONDS = 10.0
POLL_SECONDS = 1.0


def _api() -> client.Client:
    return client.api(client.Deadline(REQUEST_SECONDS))


def _etcd() -> client.Client:
    return client.etcd(client.Deadline(REQUEST_SECONDS))


def _node_path(name: str) -> str:
    return f"/api/v1/nodes/{name}"


def _password_path(name: str) -> str:
    return f"/api/v1/namespaces/kube-system/secrets/{name}.node-password.k3s"


def node(name: str) -> dict[str, t.Any] | None:
    return _api().find(_node_path(name))


def remembered(name: str, address: str) -> dict[str, t.Any]:
    """What the cluster still holds of a node: its object, its password, its members of etcd."""
    listed = members.parse({}, _etcd().json("/v3/cluster/member/list", "POST", {"linearizable": True}), None)
    return {
        "node": node(name) is not None,
        "password": _api().find(_password_path(name)) is not None,
        "members": [member["id"] for member in members.of_node(listed["members"], name, address)],
    }


def forget(name: str, address: str, patience: float) -> None:
    """Delete the node. k3s then removes its member by itself; one that never became a node is removed here."""
    before = remembered(name, address)
    if before["node"]:
        _api().delete(_node_path(name))
        end = time.monotonic() + patience
        while remembered(name, address)["members"] and time.monotonic() < end:
            time.sleep(POLL_SECONDS)
    for member in remembered(name, address)["members"]:
        _etcd().json("/v3/cluster/member/remove", "POST", {"ID": member})
    _api().delete(_password_path(name))


def marks(raw: dict[str, t.Any], labels: dict[str, str], taints: list[str]) -> dict[str, t.Any]:
    """The patch that gives a node the labels and taints that it lacks; empty when it lacks none."""
    patch: dict[str, t.Any] = {}
    present = raw["metadata"].get("labels", {})
    missing = {key: value for key, value in labels.items() if present.get(key) != value}
    if missing:
        patch["metadata"] = {"labels": missing}
    held = raw.get("spec", {}).get("taints", [])
    present_taints = [nodes.taint(entry) for entry in held]
    wanted = [nodes.parse_taint(text) for text in taints]
    if any(nodes.taint(taint) not in present_taints for taint in wanted):
        # A node has one taint of a key and an effect: another value replaces it.
        replaced = {(taint["key"], taint["effect"]) for taint in wanted}
        others = [entry for entry in held if (entry["key"], entry["effect"]) not in replaced]
        patch["spec"] = {"taints": [*others, *wanted]}
    return patch


def change(name: str, patch: dict[str, t.Any]) -> None:
    """Merge a patch into a node."""
    _api().json(_node_path(name), "PATCH", patch, content="application/merge-patch+json")
