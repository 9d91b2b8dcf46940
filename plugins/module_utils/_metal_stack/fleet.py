# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The switches and management servers of a partition: in which order, and which of them at once. Pure.

Sources: the deployment guide of metal-stack for the order, the groups and their roles, and mini-lab for C(leaves). The
halves of disjoint groups never share a neighbour, so each can be deployed at once; others go one by one.
"""

from __future__ import annotations

import typing as t

from .errors import StackError

ROLES = "metal-roles/partition/roles"
DISJOINT = ("odd_", "even_")
# How a host is reached; whatever else the inventory says of it is handed on if a role takes it.
CONNECTION = (
    "ansible_host", "ansible_port", "ansible_user", "ansible_password", "ansible_connection", "ansible_shell_type",
    "ansible_shell_executable", "ansible_python_interpreter", "ansible_host_key_checking", "ansible_pipelining",
    "ansible_network_os", "ansible_remote_tmp", "ansible_sshpass_prompt",
)  # fmt: skip
CONNECTIONS = (
    "ansible_ssh_", "ansible_sftp_", "ansible_scp_", "ansible_become", "ansible_private_key", "ansible_control_path",
)  # fmt: skip
# What metal-roles assert, so that it is told of all hosts before the first one is touched.
MANDATORY: dict[str, tuple[str, ...]] = {
    "dhcp-relay": ("dhcp_relay_server",),
    "frr": ("frr_version", "frr_repo"),
    "lvm": ("lvm_vg", "lvm_pvs", "lvm_lvs"),
    "metal-bmc": (
        "metal_bmc_nsqd_addr", "metal_bmc_bmc_superuser", "metal_bmc_console_ca_cert", "metal_bmc_console_cert",
        "metal_bmc_console_key",
    ),
    "metal-core": ("metal_core_rack_id", "metal_partition_timezone"),
    "mgmt-server": (
        "mgmt_server_asn", "mgmt_server_router_id", "mgmt_server_spine_facing_interface",
        "mgmt_server_metal_ssh_privkey", "mgmt_server_metal_ssh_pubkey",
    ),
    "pixiecore": ("pixiecore_api_host",),
    "sonic": ("sonic_mgmt_vrf", "sonic_loopback_address", "sonic_asn", "sonic_ntpservers", "sonic_nameservers"),
    "sonic-config": ("sonic_config_asn",),
    "ztp": ("ztp_authorized_keys",),
}  # fmt: skip

UNTOLD = object()

Hosts = t.Mapping[str, t.Mapping[str, t.Any]]
Groups = t.Mapping[str, t.Sequence[str]]


class Component(t.NamedTuple):
    """Roles that are run together, on the hosts of some groups."""

    name: str
    groups: tuple[str, ...]
    short: tuple[str, ...]

    @property
    def roles(self) -> tuple[str, ...]:
        """Their places below the roles of a release; one with a slash has its own."""
        return tuple(one if "/" in one else f"{ROLES}/{one}" for one in self.short)

    @property
    def registers(self) -> bool:
        """Whether its hosts are leaves, which register as switches at metal-api once metal-core runs on them."""
        return "metal-core" in self.short

    def passes(self, groups: Groups) -> list[list[str]]:
        """Hosts that are deployed at once, one list after the other."""
        found: list[list[str]] = []
        seen: set[str] = set()
        for group in self.groups:
            hosts = [one for one in groups.get(group, ()) if one not in seen]
            seen |= set(hosts)
            found += [hosts] if group.startswith(DISJOINT) else [[one] for one in hosts]
        return [hosts for hosts in found if hosts]

    def hosts(self, groups: Groups) -> list[str]:
        return [one for hosts in self.passes(groups) for one in hosts]


SWITCH = ("sonic-config",)
USUAL: tuple[Component, ...] = (
    Component(
        "mgmt-servers",
        ("mgmtservers", "mgmt_servers"),
        ("mgmt-server", "dhcp", "ztp", "metal-bmc", "pixiecore", "image-cache"),
    ),
    Component("mgmt-switches", ("mgmtleaves", "mgmtspines", "mgmtoobs"), SWITCH),
    Component("switches", ("odd_switches", "even_switches", "spines", "exits"), SWITCH),
    Component("leaves", ("odd_leaves", "even_leaves", "leaves"), (*SWITCH, "metal-core")),
)


def chosen(given: t.Sequence[t.Mapping[str, t.Any]]) -> list[Component]:
    """As the inventory describes them in their order, or the usual ones."""
    return [Component(one["name"], tuple(one["groups"]), tuple(one["roles"])) for one in given] or list(USUAL)


def is_connection(name: str) -> bool:
    """Whether a variable says how a host is reached."""
    return name in CONNECTION or name.startswith(CONNECTIONS)


def leaves(components: t.Iterable[Component], groups: Groups) -> list[str]:
    """The hosts of those components that register."""
    return [host for one in components if one.registers for host in one.hosts(groups)]


def complaints(
    components: t.Sequence[Component], groups: Groups, hosts: Hosts, common: t.Mapping[str, t.Any]
) -> list[str]:
    """What is wrong with hosts and groups. hosts: their variables. common: variables of all of them."""
    names = [one.name for one in components]
    found = [f"components: {name} is there twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    if not any(one.hosts(groups) for one in components):
        wanted = ", ".join(dict.fromkeys(group for one in components for group in one.groups))
        found.append(f"the inventory has no host in any of the groups {wanted} -> name the partition's hosts there")
    for one in components:
        found += [f"components: {one.name} has no roles" for _none in ([] if one.short else [0])]
        for host in one.hosts(groups):
            needed = [name for role in one.short for name in MANDATORY.get(role, ())]
            values, untold = _told(hosts[host], [*needed, *filter(is_connection, hosts[host])])
            found += untold
            everything = {**common, **values}
            missing = [name for name in needed if everything.get(name) in (None, "", [])]
            if missing:
                found.append(f"{host} lacks {', '.join(missing)}, which the roles of {one.name} take")
    # A host of several components is said once what is wrong with it.
    return list(dict.fromkeys(found))


def _told(host: t.Mapping[str, t.Any], names: t.Iterable[str]) -> tuple[dict[str, t.Any], list[str]]:
    """The variables of a host with these names, and what is wrong with those that cannot be told."""
    values: dict[str, t.Any] = {}
    untold = []
    for name in dict.fromkeys(names):
        if name in host:
            # What cannot be told is there all the same.
            values[name] = UNTOLD
            try:
                values[name] = host[name]
            except StackError as error:
                untold.append(str(error))
    return values, untold


def play(component: Component, hosts: t.Sequence[str], seconds: int) -> dict[str, t.Any]:
    """The play of one pass of a component. seconds: that a host has to answer.

    It has to be the only one of its playbook: Ansible goes on with the next play where a host was lost in the midst of
    one, and both halves of a fabric could be down.
    """
    from .workspace import imported

    first = [
        {"name": "Wait for an answer", "ansible.builtin.wait_for_connection": {"timeout": seconds}},
        {"name": "Gather facts", "ansible.builtin.setup": {}},
    ]
    return {
        "name": f"Deploy {component.name} on {', '.join(hosts)}",
        "hosts": ",".join(hosts),
        "gather_facts": False,
        "any_errors_fatal": True,
        "tasks": [*first, *(imported(role) for role in component.roles)],
    }


def inventory(groups: Groups, hosts: Hosts) -> dict[str, t.Any]:
    """As a file has it; the groups have no host but these."""
    children: dict[str, t.Any] = {
        name: {"hosts": {one: {} for one in members if one in hosts}}
        for name, members in groups.items()
        if name not in ("all", "ungrouped") and set(members) & set(hosts)
    }
    return {"all": {"hosts": {name: dict(variables) for name, variables in hosts.items()}, "children": children}}
