"""A site without a mistake, and how to spoil it."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._site.model import Site, build
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.versions import Controller

SHARED: dict[str, t.Any] = {
    "site_name": "example",
    "site_domain": "example.org",
    "site_interface": "eth0",
    "site_network": "198.51.100.0/24",
    "site_api_vip": "198.51.100.10",
    "site_load_balancer_range": "198.51.100.200-198.51.100.219",
    "site_cluster_cidr": "198.18.0.0/16",
    "site_service_cidr": "198.19.0.0/16",
    "site_k3s_version": "v1.35.4+k3s1",
    "site_kube_vip_version": "v1.2.2",
    "site_k3s_token": "0b7c1d9e5f3a48826d1c7e90b4a5f3e2",
    "site_k3s_agent_token": "f19a3e5c7b2d40689ac1e37f5b8d2046",
    "site_dns_address": "198.51.100.9",
    "site_dns_api_key": "5d0c3f7a1b9e48266af1d7c09e3b54f8",
    "site_dns_transfer_secret": "c2f81b6e0d9a47535e7fa1c4b8d30269",
    # what it has to be, the controller tells
    "site_ca": "a key and a certificate",
}
ADDRESSES = {f"server{number}": f"198.51.100.{10 + number}" for number in (1, 2, 3)}
ROLE_VARIABLES = (
    *("k3s_cluster_max_pods", "k3s_cluster_node_name", "k3s_cluster_secrets_encryption"),
    *("kube_vip_mode", "chrony_refclocks"),
)
CONTROLLER = Controller(
    ansible_version="2.19.4",
    ansible_floor="2.18.0",
    checksums={
        "k3s": {"v1.35.4+k3s1": ["amd64"]},
        "kube-vip": {"v1.2.2": ["amd64"]},
        "kube-vip-cloud-provider": {"v0.0.12": ["amd64"]},
    },
)


def site(
    servers: dict[str, dict[str, t.Any]] | None = None,
    agents: dict[str, dict[str, t.Any]] | None = None,
    others: dict[str, dict[str, t.Any]] | None = None,
    groups: dict[str, list[str]] | None = None,
    unreadable: dict[str, str] | None = None,
    plaintext: dict[str, str] | None = None,
    set_by_playbooks: dict[str, str] | None = None,
    **changed: t.Any,
) -> Site:
    """Make the good site with some variables changed, or left out where the value is None.

    C(others) are hosts outside of the cluster; C(groups) says who serves names and time, if not its servers.
    """
    if servers is None:
        servers = {name: {"ansible_host": address} for name, address in ADDRESSES.items()}
    shared = {name: value for name, value in {**SHARED, **changed}.items() if value is not None}
    hosts = {**servers, **(agents or {}), **(others or {})}
    return build(
        {"k3s_servers": list(servers), "k3s_agents": list(agents or {}), **(groups or {})},
        {name: {**shared, **own} for name, own in hosts.items()},
        {} if hosts else shared,
        unreadable=unreadable or {},
        plaintext=plaintext or {},
        known_role_variables=frozenset(ROLE_VARIABLES).union(set_by_playbooks or {}),
        set_by_playbooks=set_by_playbooks or {},
    )


def servers(*hosts: str, **every: t.Any) -> dict[str, dict[str, t.Any]]:
    """Give hosts addresses from .11 on and the same variables."""
    return {name: {"ansible_host": f"198.51.100.{11 + number}", **every} for number, name in enumerate(hosts)}


def facts(**changed: t.Any) -> dict[str, dict[str, t.Any]]:
    """What the good site's hosts say; keys of k3s are changed by C(k3s=…)."""
    found = {}
    for name, address in ADDRESSES.items():
        found[name] = {
            "hostname": name,
            "machine_id": f"id-of-{name}",
            "architecture": "x86_64",
            "os": "debian",
            "os_version": "13",
            "cgroup": 2,
            "default_interface": "eth0",
            "interfaces": {"lo": [], "eth0": [f"{address}/24"]},
            "free_bytes": {"/var/lib/rancher/k3s": 50 << 30},
            "memory_bytes": 4 << 30,
            "clock_offset": [-0.2, 0.1],
            "listeners": [],
            "dns_role": "",
            "serves_page": False,
            "serves_images": False,
            "runs_jobs": False,
            "round_trips": {},
            "backup_password_matches": None,
            **changed,
            "k3s": {
                "version": "",
                "datastore": "",
                "immutable": {},
                "rotation": {},
                "token_matches": None,
                "agent_token_matches": None,
                **changed.get("k3s", {}),
            },
        }
    return found


MONITORED: dict[str, t.Any] = {
    "site_monitoring": True,
    "site_monitoring_peer_password": "0d6c2f8b1a7e49535ec0b7d4a1f93826",
    "site_monitoring_reader_password": "e84b19d7c05f4a2683bd6e0f92a7c150",
}
SHOWN: dict[str, t.Any] = {
    "site_status_page": True,
    "site_status_page_password": "7c1f5e0b9d2a48364f8be7c0d1a59362",
}
KEEPS_IMAGES: dict[str, t.Any] = {
    "site_registry": True,
    "site_registry_reader_password": "1c7e5b0f9d2a48364f8be7c0d1a5936f",
    "site_registry_writer_password": "e47c1f5b092d48a6348f7bec0d1a9532",
}
RUNNER: dict[str, t.Any] = {
    "url": "https://gitlab.example.net",
    "token": "glrt-7c1f5e0b9d2a48364f8b",
    "repository": "https://gitlab.example.net/group/site.git",
}
CLUSTER: dict[str, t.Any] = {**MONITORED, "site_monitoring_mode": "cluster"}
NEITHER_NAMES_NOR_TIME: dict[str, t.Any] = {
    "groups": {"dns_servers": [], "time_servers": []},
    **dict.fromkeys(("site_dns_address", "site_dns_api_key", "site_dns_transfer_secret", "site_ca")),
    "site_upstream_ntp": ["198.51.100.2"],
}
