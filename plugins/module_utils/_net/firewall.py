# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host's firewall as data, and its nftables text. Private to this collection."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._net.addresses import networks_of

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

TABLE = "inet metalstack_autonomous"
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$")
_INTERFACE = re.compile(r"^[A-Za-z0-9._@-]{1,15}\*?$")


class Rule(t.TypedDict):
    """One service of the host: its ports, and who may use them (nobody named: everyone)."""

    name: str
    protocol: str
    ports: list[str]
    sources: list[str]


def _port(text: object) -> str:
    """A port or a range of them, checked."""
    parts = [int(part) for part in str(text).split("-", 1)]
    if not all(0 < part < 65536 for part in parts) or parts != sorted(parts):
        raise ValueError(f"{text!r} is neither a port nor a range of ports")
    return "-".join(map(str, parts))


def checked(rule: dict[str, t.Any]) -> Rule:
    """A rule in canonical form; ValueError says what is wrong with it."""
    name = str(rule.get("name", ""))
    if not _NAME.match(name):
        raise ValueError(f"firewall rule name {name!r} may hold letters, digits, blanks, dots, dashes, underscores")
    protocol = rule.get("protocol", "tcp")
    if protocol not in ("tcp", "udp"):
        raise ValueError(f"firewall rule {name!r}: protocol is {protocol!r}, expected tcp or udp")
    ports = [_port(port) for port in rule.get("ports", [])]
    if not ports:
        raise ValueError(f"firewall rule {name!r} names no port")
    sources = [network for source in rule.get("sources") or [] for network in _networks(source)]
    return Rule(name=name, protocol=protocol, ports=ports, sources=sources)


def _set(items: Iterable[str]) -> str:
    return "{ " + ", ".join(dict.fromkeys(items)) + " }"


def _quoted(names: Iterable[str]) -> str:
    return _set(f'"{name}"' for name in names)


def _networks(text: str) -> list[str]:
    return networks_of(text) if "-" in text else [str(ipaddress.ip_network(text, strict=False))]


def _by_family(networks: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Networks and ranges without repetition or overlap, grouped by the nftables keyword of their family."""
    covered = [each for network in networks for each in (networks_of(network) if "-" in network else [network])]
    parsed = [ipaddress.ip_network(network, strict=False) for network in covered]
    families = []
    for keyword, version in (("ip", 4), ("ip6", 6)):
        found = [network for network in parsed if network.version == version]
        if found:
            families.append((keyword, [str(network) for network in ipaddress.collapse_addresses(found)]))  # type: ignore[type-var]
    return families


def _rule_lines(rule: Rule) -> list[str]:
    match = f'{rule["protocol"]} dport {_set(rule["ports"])} accept comment "{rule["name"]}"'
    if not rule["sources"]:
        return [match]
    return [f"{family} saddr {_set(networks)} {match}" for family, networks in _by_family(rule["sources"])]


def _forward_lines(
    trusted_interfaces: Sequence[str],
    trusted_networks: Sequence[str],
    forward_sources: Sequence[str],
    published_networks: Sequence[str],
) -> list[str]:
    """What is routed to the trusted networks (pods) comes from within, or was sent to a published address."""
    lines = ["ct state established,related accept"]
    if trusted_interfaces:
        lines.append(f"iifname {_quoted(trusted_interfaces)} accept")
    lines += [
        f"{family} saddr {_set(networks)} accept"
        for family, networks in _by_family([*trusted_networks, *forward_sources])
    ]
    # Forwarded packets carry a pod's address already: only conntrack remembers which address the client used.
    lines += [
        f"ct original {family} daddr {_set(networks)} accept" for family, networks in _by_family(published_networks)
    ]
    lines += [f"{family} daddr {_set(networks)} counter drop" for family, networks in _by_family(trusted_networks)]
    return lines


def render(
    rules: Sequence[dict[str, t.Any]],
    ssh_ports: Sequence[object],
    ssh_sources: Sequence[str] = (),
    trusted_interfaces: Sequence[str] = (),
    trusted_networks: Sequence[str] = (),
    forward_sources: Sequence[str] = (),
    published_networks: Sequence[str] = (),
) -> str:
    """The whole table as one nftables transaction: it replaces the table at once or not at all."""
    if not ssh_ports:
        raise ValueError("no SSH port is given; a firewall without it would lock its operator out")
    for interface in trusted_interfaces:
        if not _INTERFACE.match(interface):
            raise ValueError(f"{interface!r} is not the name of an interface")
    ssh = checked({"name": "ssh", "ports": list(ssh_ports), "sources": list(ssh_sources)})
    incoming = [
        "ct state established,related accept",
        "ct state invalid drop",
        'iifname "lo" accept',
        "meta l4proto { icmp, ipv6-icmp } accept",
        "udp sport 547 udp dport 546 ip6 saddr fe80::/10 accept",
        *_rule_lines(ssh),
    ]
    if trusted_interfaces:
        incoming.append(f"iifname {_quoted(trusted_interfaces)} accept")
    incoming += [f"{family} saddr {_set(networks)} accept" for family, networks in _by_family(trusted_networks)]
    for rule in rules:
        incoming += _rule_lines(checked(rule))
    incoming.append("counter drop")
    forwarded = _forward_lines(trusted_interfaces, trusted_networks, forward_sources, published_networks)
    return "\n".join(
        [
            "#!/usr/sbin/nft -f",
            f"table {TABLE}",
            f"delete table {TABLE}",
            f"table {TABLE} {{",
            "  chain input {",
            "    type filter hook input priority filter; policy drop;",
            *(f"    {line}" for line in incoming),
            "  }",
            "  chain forward {",
            "    type filter hook forward priority filter; policy accept;",
            *(f"    {line}" for line in forwarded),
            "  }",
            "}",
            "",
        ]
    )


def cluster_rules(
    servers: Sequence[str],
    agents: Sequence[str] = (),
    is_server: bool = True,
    api_port: int = 6443,
    api_sources: Sequence[str] = (),
    bgp_peers: Sequence[str] = (),
    metrics_sources: Sequence[str] = (),
    metrics_ports: Sequence[int] = (2112, 2113),
    embedded_registry: bool = False,
) -> list[Rule]:
    """The ports of a k3s node, each open to those who need it only."""
    if not servers:
        raise ValueError("no server is given; a rule without sources would be open to everyone")
    nodes = [*servers, *agents]
    rules: list[dict[str, t.Any]] = []
    if is_server:
        rules += [
            {"name": "k3s api", "ports": [api_port], "sources": list(api_sources)},
            # Peers only: whoever reaches etcd's port is one stolen certificate away from all secrets.
            {"name": "etcd", "ports": ["2379-2380"], "sources": list(servers)},
        ]
    rules += [
        {"name": "kubelet", "ports": [10250], "sources": nodes},
        {"name": "vxlan", "protocol": "udp", "ports": [8472], "sources": nodes},
    ]
    if embedded_registry:
        rules.append({"name": "embedded registry", "ports": [5001], "sources": nodes})
    if is_server and metrics_ports:
        sources = [*nodes, *metrics_sources]
        rules.append({"name": "kube-vip metrics", "ports": list(metrics_ports), "sources": sources})
    if bgp_peers:
        rules.append({"name": "bgp", "ports": [179], "sources": list(bgp_peers)})
    return [checked(rule) for rule in rules]
