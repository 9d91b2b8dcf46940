"""What the inventory script prints. Pure but for `load`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lab import cgroups, object_storage, secrets, topology
from lab.instance import Record
from lab.network import Network
from lab.object_storage import keys
from lab.object_storage.keys import Keys
from lab.settings import Settings
from lab.ssh import Ssh
from lab.topology import Host

# What a site that is monitored takes minutes and hours for, in seconds; three hosts on two cores bear no more.
IMPATIENT = {
    "site_monitoring": True,
    "site_alert_patience_percent": 2,
    "victoria_metrics_scrape_interval": "10s",
    "victoria_metrics_evaluation_interval": "10s",
}


def load(settings: Settings) -> dict[str, Any]:
    record = Record.read(settings)
    hosts = topology.parse_hosts(settings.hosts) if settings.hosts else record.hosts if record else ()
    ssh = Ssh(settings.state / "ssh", Network(settings.netns))
    artifacts = settings.state / "artifacts.json"
    variables = {
        "ansible_user": "root",
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_ssh_private_key_file": str(ssh.key),
        "ansible_ssh_common_args": " ".join(["-F none", *ssh.options()]),
        # Facts of the machine below, not of the site: its kernel's cgroups, and its clock, which no host can set.
        "site_allow_cgroup_v1": cgroups.kubelet_sees_v1(cgroups.detect()),
        "site_control_clock": False,
        **place(hosts, settings.active),
        **(IMPATIENT if settings.monitored else {}),
        # Also where the programs of a cluster of stores are given, which has drills of its own.
        "site_monitoring_mode": "replicated",
        # The disk is shared with the machine below: how full that is, is nothing to remove images or pods for, and
        # no fault of the site.
        "site_disk_free_percent": 1,
        "k3s_cluster_extra_config": {
            "kubelet-arg": [
                "image-gc-high-threshold=100",
                "image-gc-low-threshold=99",
                "eviction-hard=memory.available<100Mi",
            ]
        },
    }
    found = json.loads(artifacts.read_text()) if artifacts.exists() else {}
    known = secrets.read(settings.state / "secrets.json")
    kept = storage(hosts, keys.read(settings), settings.active)
    return compose(hosts, variables | primary(hosts) | known | registries(known) | kept | found, settings.active)


def registries(known: Mapping[str, str]) -> dict[str, Any]:
    """Log in to a registry that is not asked, so that its password goes the way of a real one."""
    auth = {"username": "lab", "password": known.get("lab_registry_password", "")}
    return {"site_registries": {"configs": {"registry.lab.example:5000": {"auth": auth}}}}


def storage(hosts: Sequence[Host], known: Mapping[str, Keys], active: str = "a") -> dict[str, Any]:
    """The first endpoint of each site, that of the active one first; its root account stays on the host."""
    variables: dict[str, Any] = {}
    for host in object_storage.among(hosts):
        name = "site_object_storage" if host.site.name == active else "site_object_storage_second"
        if host.name in known and name not in variables:
            variables[name] = _endpoint(host, known[host.name])
    return variables


def _endpoint(host: Host, known: Keys) -> dict[str, Any]:
    return {
        "endpoint": object_storage.endpoint(host),
        "region": object_storage.region(host),
        "bucket": object_storage.BUCKET,
        "path_style": True,
        "ca": known["ca"],
        **known["writer"],
        "reader": known["reader"],
        "pruner": known["pruner"],
    }


def primary(hosts: Sequence[Host]) -> dict[str, str]:
    """The first of the group, unless a name server stands outside, where the address of the primary can't be held."""
    outside = any(host.group == "dns_servers" for host in hosts)
    servers = [host.name for host in hosts if host.group == "k3s_servers"]
    return {"site_dns_primary": servers[0]} if outside and servers else {}


def place(hosts: Sequence[Host], active: str) -> dict[str, str]:
    """The network of the active site, and the addresses that move between its servers; a single one has its own."""
    site = next(site for site in topology.SITES if site.name == active)
    group = "k3s_servers" if site == topology.SITE_A else "standby_servers"
    servers = [host for host in hosts if host.group == group]
    name_servers = [*servers, *(host for host in hosts if host.group == "dns_servers")]
    return {
        "site_network": str(site.network),
        "site_load_balancer_range": f"{site.network[200]}-{site.network[219]}",
        "site_api_vip": str(site.api_vip) if len(servers) > 1 else "",
        "site_dns_address": str(site.dns_address) if len(name_servers) > 1 else "",
    }


def compose(hosts: Sequence[Host], variables: Mapping[str, Any], active: str = "a") -> dict[str, Any]:
    members = topology.groups(hosts)
    if active == "b":
        members["k3s_servers"], members["standby_servers"] = members["standby_servers"], members["k3s_servers"]
    inventory: dict[str, Any] = {group: {"hosts": names} for group, names in members.items()}
    for group, others in topology.SERVICES.items():
        inventory.setdefault(group, {})["children"] = [others]
    return {
        "all": {"children": sorted(inventory), "vars": dict(variables)},
        **inventory,
        "_meta": {
            "hostvars": {host.name: {"ansible_host": str(host.address)} | location(host, hosts) for host in hosts}
        },
    }


def location(host: Host, hosts: Sequence[Host]) -> dict[str, str]:
    """Where a host is, if the site has hosts elsewhere, too; object storages are none of it."""
    places = {each.site for each in hosts if each.group != "storage_servers"}
    return {"site_location": host.site.name} if len(places) > 1 else {}
