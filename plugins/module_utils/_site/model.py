# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory as the checks see it: plain values, no Ansible."""

from __future__ import annotations

import ipaddress
import typing as t
from dataclasses import dataclass, field

from .variables import VARIABLES

SERVERS = "k3s_servers"
AGENTS = "k3s_agents"
DNS_SERVERS = "dns_servers"
TIME_SERVERS = "time_servers"
STANDBY = "standby_servers"
MONITORING_SERVERS = "monitoring_servers"
REGISTRY_SERVERS = "registry_servers"
GROUPS = (SERVERS, AGENTS, DNS_SERVERS, TIME_SERVERS, STANDBY, MONITORING_SERVERS, REGISTRY_SERVERS)

if t.TYPE_CHECKING:
    Address: t.TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
    Network: t.TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"


def parse_address(value: t.Any) -> Address | None:
    """Read an address, or nothing."""
    try:
        return ipaddress.ip_address(str(value))
    except ValueError:
        return None


def parse_network(value: t.Any) -> Network | None:
    """Read a network in CIDR notation without host bits, or nothing."""
    try:
        return ipaddress.ip_network(str(value)) if "/" in str(value) else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Host:
    """A host of the site and the variables the inventory gives it."""

    name: str
    variables: t.Mapping[str, t.Any]

    @property
    def node_address(self) -> str:
        """The address other nodes know it by, as far as the inventory tells."""
        return str(self.variables.get("ansible_host") or self.name)


@dataclass(frozen=True)
class Site:
    """Who is in which group, values, and what could not be read, by variable."""

    servers: tuple[Host, ...]
    agents: tuple[Host, ...]
    dns_servers: tuple[Host, ...]
    time_servers: tuple[Host, ...]
    shared: t.Mapping[str, t.Any]
    unreadable: t.Mapping[str, str] = field(default_factory=dict)
    plaintext: t.Mapping[str, str] = field(default_factory=dict)
    known_role_variables: t.Collection[str] = ()
    set_by_playbooks: t.Mapping[str, str] = field(default_factory=dict)
    # Who could carry the site one day; until then it is no host of it.
    standby: tuple[Host, ...] = ()
    # Whose stores have the samples of all hosts; nobody's unless the site is monitored.
    monitoring_servers: tuple[Host, ...] = ()
    # Who would keep images; nobody does unless the site has a registry.
    registry_hosts: tuple[Host, ...] = ()

    @property
    def nodes(self) -> tuple[Host, ...]:
        """Every host of the cluster, each once."""
        return _once(self.servers, self.agents)

    @property
    def hosts(self) -> tuple[Host, ...]:
        """Every host of the site, each once: those of the cluster, then those that only serve names or time."""
        return _once(self.servers, self.agents, self.dns_servers, self.time_servers)

    @property
    def page_servers(self) -> tuple[Host, ...]:
        """Who serves the page that shows the site."""
        return self.monitoring_servers if self.value("site_status_page") else ()

    @property
    def registry_servers(self) -> tuple[Host, ...]:
        """Who keeps the images of the site."""
        return self.registry_hosts if self.value("site_registry") else ()

    @property
    def dns_primary(self) -> Host | None:
        """The DNS server that is written to, if it is one."""
        wanted = self.value("site_dns_primary")
        if not wanted:
            return next(iter(self.dns_servers), None)
        return next((host for host in self.dns_servers if host.name == wanted), None)

    def given(self, name: str) -> t.Any:
        """Return what the inventory says, whatever its kind, or None."""
        for host in self.hosts:
            if name in host.variables:
                return host.variables[name]
        return self.shared.get(name)

    def value(self, name: str) -> t.Any:
        """Return the value a run would use: the given one when it has the right kind, else the default."""
        variable = VARIABLES[name]
        value = self.given(name)
        return value if value is not None and variable.accepts(value) else variable.default

    def is_on(self, name: str) -> bool:
        """Whether a switch is on, also as the command line says it, where it is a text."""
        return str(self.value(name)).lower() == "true"

    def network(self, name: str) -> Network | None:
        """Return a variable's value as a network, or nothing when it is empty or malformed."""
        return parse_network(self.value(name))

    def address(self, name: str) -> Address | None:
        """Return a variable's value as an address, or nothing when it is empty or malformed."""
        return parse_address(self.value(name))

    def node_addresses(self) -> dict[str, Address]:
        """Return the address of each host of the site that the inventory gives as an address."""
        parsed = {host.name: parse_address(host.node_address) for host in self.hosts}
        return {name: address for name, address in parsed.items() if address is not None}


def build(
    groups: t.Mapping[str, t.Sequence[str]],
    variables: t.Mapping[str, t.Mapping[str, t.Any]],
    shared: t.Mapping[str, t.Any],
    **rest: t.Any,
) -> Site:
    """Make a site of an inventory's groups and its hosts' variables.

    The cluster's servers serve names, time and images and monitor too, unless there is a group for it; an empty one
    means that nobody does.
    """

    def members(group: str, otherwise: str = "") -> tuple[Host, ...]:
        names = groups.get(group, groups.get(otherwise, ()))
        return tuple(Host(name, variables.get(name, {})) for name in names)

    return Site(
        members(SERVERS),
        members(AGENTS),
        members(DNS_SERVERS, SERVERS),
        members(TIME_SERVERS, SERVERS),
        shared,
        standby=members(STANDBY),
        monitoring_servers=members(MONITORING_SERVERS, SERVERS),
        registry_hosts=members(REGISTRY_SERVERS, SERVERS),
        **rest,
    )


def _once(*groups: t.Sequence[Host]) -> tuple[Host, ...]:
    return tuple({host.name: host for group in groups for host in group}.values())
