"""Hosts of a cluster as they can be found: what decisions are made on."""

from __future__ import annotations

from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import layout

VERSION = "v1.35.4+k3s1"
WANTED = {layout.CLUSTER_FILE: "c1", layout.NODE_FILE: "n1", layout.UNIT_FILE: "u1"}
SETTINGS = {
    "version": VERSION,
    "upgrade": False,
    "drain": True,
    "certificate_days": 0,
    "rotate": "",
    "maintenance": False,
    "maintain": "",
    "maintain_stops": False,
    "api_vip": "198.51.100.10",
    "cluster_cidr": "198.18.0.0/16",
    "service_cidr": "198.19.0.0/16",
    "cluster_dns": "198.19.0.10",
    "cluster_domain": "cluster.local",
    "node_cidr_mask": 23,
    "max_pods": 256,
    "disable": ["traefik"],
    "local_storage_path": "/var/lib/k3s-local-storage",
    "secrets_encryption": True,
    "hardening": True,
    "allow_cgroup_v1": False,
    "oidc_issuers": [],
    "extra_config": {},
    "required_space_mb": 1024,
    "node_labels": [],
    "node_taints": [],
}


def address(name: str) -> str:
    return f"198.51.100.{('agent' in name) * 20 + 10 + int(name[-1])}"


def member(name: str, learner: bool = False, started: bool = True) -> dict:
    return {
        "id": f"id-{name}",
        "name": f"{name}-0a1b2c3d" if started else "",
        "addresses": [address(name)],
        "learner": learner,
        "started": started,
    }


def node(name: str) -> dict:
    """A node as its cluster knows it."""
    return {
        "name": name,
        "labels": {"room": "1"},
        "taints": [],
        "version": VERSION,
        "ready": "True",
        "schedulable": True,
        "drained": False,
        "encryption": "start-k1",
        "pressure": [],
    }


def host(name: str) -> dict:
    """A host that was never installed."""
    role = "agent" if "agent" in name else "server"
    return {
        "host": name,
        "name": name,
        "role": role,
        "address": address(name),
        "settings": {**SETTINGS, "role": role},
        "checksums": dict(WANTED),
        "seen": {
            "installed_version": "",
            "unit": {"state": "inactive"},
            "datastore": "",
            "datastore_bytes": 0,
            "datastore_written": 0,
            "reset_begun": False,
            "rotation": {},
            "encryption": {"keys": [], "changed": False},
            "token": {"wanted": "t1", "written": "", "kept": "", "changed": False},
            "agent_token": {"wanted": "a1", "written": "", "kept": "", "changed": False, "former": []},
            "started": None,
            "ca": "",
            "authorities": 0,
            "token_matches": None,
            "agent_token_matches": None,
            "registered_at": "",
            "immutable": {},
            "node_password": False,
            "certificates": {},
            "images": {},
            "system": {
                "architecture": "x86_64",
                "addresses": {"eth0": [address(name)]},
                "cgroup": 2,
                "listeners": [22],
                "free_bytes": {"/opt": 5 << 30, layout.DATA_DIR: 5 << 30},
            },
            "storage": {"path": SETTINGS["local_storage_path"], "directories": []},
            "api": {"ready": False, "lineage": "", "nodes": [], "volumes": []},
            "etcd": {
                "quorum": False,
                "members": [],
                "alarms": [],
                "cluster_id": "0",
                "leader_id": "0",
                "member_id": "0",
            },
        },
    }


def stopped(name: str) -> dict:
    """A host that has its share of the cluster's data, and does not run."""
    result = host(name)
    result["seen"].update(
        installed_version=VERSION,
        datastore="etcd",
        ca="ca-1",
        authorities=1,
        token_matches=True,
        agent_token_matches=True,
        node_password=True,
        registered_at=address("server2" if name == "server1" else "server1"),
        encryption={"keys": ["aescbckey"], "changed": False},
        token={"wanted": "t1", "written": "t1", "kept": "t1", "changed": False},
        agent_token={"wanted": "a1", "written": "a1", "kept": "a1", "changed": False, "former": []},
        immutable={"cluster-cidr": "198.18.0.0/16", "secrets-encryption": "true"},
    )
    return result


def live(name: str, cluster: list[str], leader: str = "server1") -> dict:
    """A running server that sees the given nodes, all members that vote."""
    result = stopped(name)
    seen = result["seen"]
    seen["unit"] = {"state": "active"}
    seen["started"] = {**WANTED, layout.BINARY: "/opt/k3s/v1/k3s"}
    seen["api"] = {"ready": True, "lineage": "uid-1", "nodes": [node(other) for other in cluster], "volumes": []}
    seen["etcd"] = {
        "quorum": True,
        "members": [member(other) for other in cluster if "server" in other],
        "alarms": [],
        "cluster_id": "77",
        "leader_id": f"id-{leader}",
        "member_id": f"id-{name}",
    }
    return result


def unseen(name: str) -> dict:
    return {"host": name, "name": name, "role": "server", "address": "", "seen": None}


THREE = ["server1", "server2", "server3"]


def running(*changes: tuple[str, dict], leader: str = "server1", agents: tuple[str, ...] = ()) -> list[dict]:
    """Three live servers, some of them replaced."""
    hosts = {name: live(name, [*THREE, *agents], leader) for name in THREE}
    hosts.update(changes)
    return list(hosts.values())


def agent(name: str, state: str = "active") -> dict:
    result = host(name)
    result["seen"].update(
        installed_version=VERSION,
        node_password=True,
        registered_at=address("server1"),
        ca="ca-1",
        agent_token_matches=True,
        agent_token={"wanted": "a1", "written": "", "kept": "a1", "changed": False, "former": []},
    )
    result["seen"]["unit"] = {"state": state}
    result["seen"]["started"] = dict(WANTED) if state == "active" else None
    return result


def changed(found: dict, **seen) -> dict:
    found["seen"].update(seen)
    return found


def outdated(found: dict) -> dict:
    found["seen"]["started"][layout.NODE_FILE] = "n0"
    return found


def other_cluster(found: dict) -> dict:
    found["seen"]["ca"] = "ca-2"
    found["seen"]["api"]["lineage"] = "uid-2"
    found["seen"]["etcd"]["cluster_id"] = "78"
    return found


def single() -> dict:
    return live("server1", ["server1"])


def view(hosts: list[dict], edit) -> list[dict]:
    """The same hosts with another view of the cluster."""
    for entry in hosts:
        if entry["seen"]:
            edit(entry["seen"])
    return hosts
