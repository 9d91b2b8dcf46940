# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host knows of Kubernetes, its datastore and its address. Pure; the facts are those of observe.py."""

from __future__ import annotations

import typing as t

from .exposition import Sample

Found = t.Mapping[str, t.Any]


def of_k3s(version: str, wanted: str, unit: Found) -> t.Iterator[Sample]:
    if version:
        yield Sample("metalstack_k3s_info", 1, {"version": version})
        if wanted:
            yield Sample("metalstack_k3s_version_wanted", version == wanted, {"wanted": wanted})
    yield Sample("metalstack_k3s_active", unit["state"] == "active")
    yield Sample("metalstack_k3s_restarts_total", unit["restarts"])


def of_api(api: Found) -> t.Iterator[Sample]:
    """Of a server that gives no answer, there are no nodes to tell of."""
    yield Sample("metalstack_apiserver_ready", api["ready"])
    for node in api["nodes"]:
        labels = {"node": node["name"]}
        yield Sample("metalstack_kubernetes_node_ready", node["ready"] == "True", labels)
        yield Sample("metalstack_kubernetes_node_schedulable", node["schedulable"], labels)
        yield Sample("metalstack_kubernetes_node_info", 1, {**labels, "version": node["version"]})


def of_etcd(etcd: Found) -> t.Iterator[Sample]:
    yield Sample("metalstack_etcd_running", etcd["running"])
    if not etcd["running"]:
        return
    yield Sample("metalstack_etcd_quorum", etcd["quorum"])
    yield Sample("metalstack_etcd_leader", etcd["member_id"] == etcd["leader_id"] != "0")
    yield Sample("metalstack_etcd_info", 1, {"cluster_id": etcd["cluster_id"], "version": etcd["version"]})
    members = etcd["members"]
    yield Sample("metalstack_etcd_members", len(members))
    yield Sample("metalstack_etcd_learners", sum(member["learner"] for member in members))
    yield Sample("metalstack_etcd_members_not_started", sum(not member["started"] for member in members))
    for raised in etcd["alarms"]:
        alarm, _on, member = raised.partition(" on ")
        yield Sample("metalstack_etcd_alarm", 1, {"alarm": alarm, "member": member})


def of_vip(address: str, addresses: t.Mapping[str, t.Collection[str]], problem: str) -> t.Iterator[Sample]:
    """addresses: those of the host's interfaces; problem: why the API at the address is not ready, if it is not."""
    held = any(address in there for there in addresses.values())
    yield Sample("metalstack_vip_held", held, {"address": address})
    yield Sample("metalstack_vip_ready", not problem, {"address": address})
