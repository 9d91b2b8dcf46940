# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the running cluster says about itself, asked on one of its servers."""

from __future__ import annotations

import concurrent.futures
import typing as t

from . import client, host, members, nodes, workloads
from . import volumes as persistent

API_SECONDS = 4.0
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
GARDENS = "/apis/operator.gardener.cloud/v1alpha1/gardens"


def kubernetes() -> dict[str, t.Any]:
    """The local API server: whether it is ready, and the nodes it knows."""
    seen: dict[str, t.Any] = {"ready": False, "error": "", "version": "", "lineage": "", "held": [], "nodes": []}
    try:
        api = client.api(client.Deadline(API_SECONDS))
        seen["version"] = api.json("/version")["gitVersion"]
        system = api.json("/api/v1/namespaces/kube-system")
        seen["lineage"], seen["held"] = system["metadata"]["uid"], workloads.marked(system)
        seen["nodes"] = sorted(
            (nodes.parse(raw) for raw in api.json("/api/v1/nodes")["items"]), key=lambda node: node["name"]
        )
        api.text("/readyz")
        seen["ready"] = True
    except client.Unreachable as error:
        seen["error"] = str(error)
    except (KeyError, TypeError) as error:
        seen["error"] = f"an answer without {error}"
    return seen


def heartbeat(node: str) -> str | None:
    """When the kubelet of a node last said that it lives; empty if it never did, None if that can't be told."""
    try:
        lease = client.api(client.Deadline(API_SECONDS)).find(f"{LEASES}/{node}") or {}
    except client.Unreachable:
        return None
    return str(lease.get("spec", {}).get("renewTime") or "")


def volumes() -> list[dict[str, str]] | None:
    """The persistent volumes that the local API server knows; None where it does not tell."""
    try:
        listed = client.api(client.Deadline(API_SECONDS)).json("/api/v1/persistentvolumes")["items"]
    except (client.Unreachable, KeyError):
        return None
    return [persistent.parse(raw) for raw in listed]


def gardener() -> str:
    """The version of the Gardener whose garden is here; empty without one, C(unknown) if it can't be told."""
    try:
        gardens = client.api(client.Deadline(API_SECONDS)).json(GARDENS)["items"]
    except client.Unreachable as error:
        return "" if error.status == 404 else "unknown"
    versions = [garden.get("status", {}).get("gardener", {}).get("version", "") for garden in gardens]
    return next((version for version in versions if version), "unknown" if gardens else "")


def etcd() -> dict[str, t.Any]:
    """The local etcd member; the list of members is its own view as long as there is no quorum."""
    status: dict[str, t.Any] = {}
    listed: dict[str, t.Any] | None = None
    local: dict[str, t.Any] | None = None
    alarms: dict[str, t.Any] | None = None
    error_text = ""
    try:
        gateway = client.etcd(client.Deadline(API_SECONDS))
        status = gateway.json("/v3/maintenance/status", "POST", {})
        local = gateway.json("/v3/cluster/member/list", "POST", {"linearizable": False})
        # These two need a quorum, and wait for one.
        listed = gateway.json("/v3/cluster/member/list", "POST", {"linearizable": True})
        alarms = gateway.json("/v3/maintenance/alarm", "POST", {"action": "GET"})
    except client.Unreachable as error:
        error_text = str(error)
    seen = members.parse(status, listed, alarms)
    if listed is None and local is not None:
        seen["members"] = members.parse(status, local, None)["members"]
    seen["running"] = bool(status)
    seen["error"] = error_text
    return seen


def server_ready(address: str) -> str:
    """An empty text when the API server at the address says that it is ready, else what it says."""
    try:
        client.api(client.Deadline(API_SECONDS), address).text("/readyz")
    except client.Unreachable as error:
        return str(error)
    return ""


def everything(peers: t.Iterable[str] = ()) -> dict[str, t.Any]:
    """The API, etcd and the API of the peers, all at once, so that what hangs costs its time-out only once."""
    addresses = list(peers)
    with concurrent.futures.ThreadPoolExecutor(max_workers=2 + len(addresses)) as pool:
        api, datastore = pool.submit(kubernetes), pool.submit(etcd)
        ready = dict(zip(addresses, pool.map(server_ready, addresses), strict=True))
        return {"unit": host.unit(), "api": api.result(), "etcd": datastore.result(), "peers": ready}
