# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of a cluster, sorted by what was seen of them.

A host is a dict of host (its name in the inventory), name (of its node), role, address, settings, checksums (of the
files it should have) and seen (k3s_info's answer, None for a host that did not answer).
"""

from __future__ import annotations

import typing as t

from . import layout, members, rotation

Host = dict[str, t.Any]


def names(hosts: t.Iterable[Host]) -> str:
    return ", ".join(host["name"] for host in hosts)


def started(host: Host) -> bool:
    return host["seen"]["unit"]["state"] in ("active", "activating", "reloading")


def live(host: Host) -> bool:
    seen = host["seen"]
    return bool(seen["api"]["ready"] and seen["etcd"]["quorum"])


def outdated(host: Host) -> list[str]:
    """Files that the running process has read in another form; every file when it is not known what it read."""
    read = host["seen"]["started"]
    if read is None:
        return sorted(host["checksums"])
    known = {path: digest for path, digest in read.items() if path != layout.BINARY}
    return sorted(
        path for path in set(known) | set(host["checksums"]) if known.get(path) != host["checksums"].get(path)
    )


def upgrades(host: Host) -> bool:
    """Whether the version of a host may be changed."""
    return bool(host["settings"]["upgrade"])


def maintained(host: Host) -> bool:
    """Whether something else is to be done on a host."""
    return bool(host["settings"]["maintain"])


def expires(host: Host) -> bool:
    """Whether a certificate of the host ends before it should."""
    days = host["settings"]["certificate_days"]
    return bool(days > 0 and min(host["seen"]["certificates"].values(), default=days) < days)


def ended(host: Host) -> bool:
    """Whether a host that is to have new certificates has one that nobody takes any more."""
    return expires(host) and min(host["seen"]["certificates"].values()) < 0


def rotates(host: Host) -> str:
    """What is to be exchanged under the running cluster."""
    return str(host["settings"]["rotate"])


class Situation:
    """The hosts, sorted by what was seen of them."""

    def __init__(self, hosts: list[Host]) -> None:
        self.servers = [host for host in hosts if host["role"] == "server"]
        self.agents = [host for host in hosts if host["role"] == "agent"]
        self.seen = [host for host in hosts if host["seen"] is not None]
        self.unseen = [host for host in self.servers if host["seen"] is None]
        known = [host for host in self.servers if host["seen"] is not None]
        self.data = [host for host in known if host["seen"]["datastore"]]
        # One that was removed from etcd keeps its data until it enters again.
        self.members = [host for host in self.data if host["seen"]["datastore"] == "etcd"]
        self.fresh = [host for host in known if host["seen"]["datastore"] in ("", "removed")]
        self.live = [host for host in self.members if live(host)]
        self.nodes = {node["name"]: node for node in self.view()["api"]["nodes"]}
        leader = self.leader()
        due = [host for host in self.members if upgrades(host) and self.behind(host)] if self.live else []
        # What does not live is upgraded first, since nothing can be worse off by it; who leads etcd comes last. Where
        # nothing lives there are no turns to take: all are started with their version.
        self.upgrading = sorted(due, key=lambda host: (host in self.live, host["name"] == leader))
        down = [host for host in self.members if host["seen"]["unit"]["state"] != "active"]
        # One that does not run for its version's sake is not started with it again.
        self.stopped = [host for host in down if host not in due]
        # One that nobody can ask because of its certificates makes new ones when it starts; it is no gate's business.
        deaf = [host for host in self.members if host not in due + down + self.live]
        self.ended = list(filter(ended, deaf))
        running = [host for host in self.members if host not in self.stopped + self.upgrading + self.ended]
        # Nothing asks for new certificates of a server whose turn comes for another reason, or that does not run.
        self.expiring = sorted(filter(expires, running), key=lambda host: host["name"] == leader)
        self.marker = rotation.begun(self.servers)
        self.keys = rotation.Keys(self.members, self.nodes, self.marker, leader)
        self.rotates = next((rotates(host) for host in self.seen if rotates(host)), "")
        self.token = rotation.Token(self.members, self.marker, leader)
        # An agent that has nothing yet enters as it always would.
        known = [host for host in self.agents if host["seen"] is not None and host["seen"]["node_password"]]
        self.agent_token = rotation.AgentToken(self.members, known, leader)
        kind = self.rotates if self.rotates in rotation.AUTHORITIES else rotation.AUTHORITY
        self.authority = rotation.Authority(kind, self.members, known, self.marker, leader)
        exchanges: dict[str, rotation.Exchange] = {
            rotation.KEYS: self.keys,
            rotation.TOKEN: self.token,
            rotation.AGENT_TOKEN: self.agent_token,
            **dict.fromkeys(rotation.AUTHORITIES, self.authority),
        }
        self.exchange = exchanges.get(self.rotates)
        # A server that does not run begins with what is new.
        self.renewing = [host for host in self.exchange.due if host in running] if self.exchange else []
        # Agents that begin with what is new, once all servers have.
        self.following = {
            rotation.AGENT_TOKEN: self.agent_token.agents,
            **dict.fromkeys(rotation.AUTHORITIES, self.authority.agents),
        }.get(self.rotates, [])
        due = [host for host in self.members if maintained(host) and host not in self.upgrading]
        self.maintained = sorted(due, key=lambda host: host["name"] == leader)
        # Whoever stops for another reason reads its files then.
        stopping = [host for host in self.maintained if host["settings"]["maintain_stops"]]
        turns = self.expiring + self.renewing + stopping
        changed = [host for host in running if outdated(host) and host not in turns]
        self.outdated = sorted(changed, key=lambda host: host["name"] == leader)
        self.founder = self.fresh[0] if self.fresh and not self.data and not self.unseen else None
        self.joining = [host for host in self.fresh if host is not self.founder]

    def view(self) -> dict[str, t.Any]:
        """The cluster as a live server sees it."""
        nothing: dict[str, t.Any] = {"api": {"nodes": [], "volumes": []}, "etcd": {"members": [], "alarms": []}}
        return self.live[0]["seen"] if self.live else nothing

    def leader(self) -> str:
        for host in self.live:
            etcd = host["seen"]["etcd"]
            if etcd["leader_id"] == etcd["member_id"]:
                return str(host["name"])
        return ""

    def strangers(self) -> list[str]:
        """Members of etcd that no server of the inventory accounts for."""
        etcd_members = self.view()["etcd"]["members"]
        ours = [
            member["id"]
            for host in self.servers
            for member in members.of_node(etcd_members, host["name"], host["address"])
        ]
        return [member["name"] or ", ".join(member["addresses"]) for member in etcd_members if member["id"] not in ours]

    def runs(self, host: Host) -> str:
        """The version that a host was last seen to run, as its node tells it; empty if it never did."""
        return str(self.nodes.get(host["name"], {}).get("version", ""))

    def behind(self, host: Host) -> bool:
        """Whether a host has, or runs, another version than it should."""
        wanted = host["settings"]["version"]
        return host["seen"]["installed_version"] not in ("", wanted) or (
            started(host) and self.runs(host) not in ("", wanted)
        )

    @staticmethod
    def is_new(agent: Host) -> bool:
        """Whether an agent has nothing yet that its cluster knows it by."""
        return agent["seen"] is not None and not agent["seen"]["node_password"]

    def changes(self) -> bool:
        return bool(self.joining or self.outdated or self.upgrading or self.expiring or self.rotates or self.maintained)

    def drains(self, host: Host) -> bool:
        """Whether the pods of a host are moved to others first: where others are, and a kubelet that lets go."""
        node = self.nodes.get(host["name"], {})
        others = [other for name, other in self.nodes.items() if name != host["name"]]
        return (
            host["settings"]["drain"]
            and node.get("ready") == "True"
            and any(other["ready"] == "True" and (other["schedulable"] or other["drained"]) for other in others)
        )
