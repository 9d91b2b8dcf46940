"""Which hosts there can be, their addresses and groups. Pure: values in, values out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from lab.errors import LabError

DOMAIN = "lab.example"
DEFAULT_HOSTS = "3"


@dataclass(frozen=True)
class Site:
    """A data centre: one bridge, one network, one controller end."""

    name: str
    bridge: str
    network: IPv4Network

    @property
    def controller(self) -> IPv4Address:
        return self.network[1]

    @property
    def dns_address(self) -> IPv4Address:
        return self.network[9]

    @property
    def api_vip(self) -> IPv4Address:
        return self.network[10]


SITE_A = Site("a", "lab-a", IPv4Network("198.51.100.0/24"))
SITE_B = Site("b", "lab-b", IPv4Network("203.0.113.0/24"))
SITES = (SITE_A, SITE_B)

API_VIP = SITE_A.api_vip
DNS_ADDRESS = SITE_A.dns_address


@dataclass(frozen=True)
class Role:
    """A kind of host: `server2` is the second of the kind `server`."""

    kind: str
    group: str
    site: Site
    first: int
    room: int


ROLES = (
    Role("server", "k3s_servers", SITE_A, first=11, room=9),
    Role("agent", "k3s_agents", SITE_A, first=31, room=9),
    Role("storage", "storage_servers", SITE_A, first=41, room=9),
    # Object storage in the other site: what is left of backups when this one is gone.
    Role("offsite", "storage_servers", SITE_B, first=41, room=9),
    # A name server that outlives the initial cluster.
    Role("ns", "dns_servers", SITE_B, first=21, room=9),
    Role("standby", "standby_servers", SITE_B, first=11, room=9),
)

# Services of the site that run on every cluster server unless an inventory says otherwise: group and group in it.
# A name server that outlives the cluster keeps what was measured, too, where the site is monitored.
SERVICES = {"dns_servers": "k3s_servers", "time_servers": "k3s_servers", "monitoring_servers": "dns_servers"}


@dataclass(frozen=True)
class Host:
    name: str
    address: IPv4Address
    group: str
    site: Site

    @property
    def cidr(self) -> str:
        return f"{self.address}/{self.site.network.prefixlen}"


def host(name: str) -> Host:
    """The host of that name, or an error that lists what there is."""
    match = re.fullmatch(r"([a-z]+)([1-9][0-9]?)", name)
    if match:
        for role in ROLES:
            index = int(match[2])
            if role.kind == match[1] and index <= role.room:
                address = role.site.network[role.first + index - 1]
                return Host(name, address, role.group, role.site)
    known = ", ".join(f"{role.kind}1…{role.room}" for role in ROLES)
    raise LabError(f"no host can be called {name!r}", f"use one of {known}")


def parse_hosts(text: str) -> tuple[Host, ...]:
    """`3` is server1 to server3; `server1,agent1` is those two."""
    text = text.strip() or DEFAULT_HOSTS
    names = [f"server{n}" for n in range(1, int(text) + 1)] if text.isdigit() else text.split(",")
    hosts = merge(host(name.strip()) for name in names if name.strip())
    if not hosts:
        raise LabError(f"LAB_HOSTS={text!r} names no host", "give a count or a list such as server1,agent1")
    return hosts


def merge(hosts: Iterable[Host]) -> tuple[Host, ...]:
    """Each host once, in the order of its address."""
    return tuple(sorted(set(hosts), key=lambda each: each.address))


def sites(hosts: Iterable[Host]) -> tuple[Site, ...]:
    wanted = {each.site for each in hosts}
    return tuple(site for site in SITES if site in wanted)


def groups(hosts: Iterable[Host]) -> dict[str, list[str]]:
    """Group to host names; every group is there, if empty, so that no playbook warns of a missing one."""
    members: dict[str, list[str]] = {role.group: [] for role in ROLES}
    for each in hosts:
        members[each.group].append(each.name)
    return members
