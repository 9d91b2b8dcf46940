# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is exchanged under a running cluster: how far that is, who begins, and who has to be restarted for it. Pure.

A server that begins leaves a marker on all servers, which goes when the exchange has ended. Hosts are those of
situation.py.
"""

from __future__ import annotations

import json
import typing as t

# An authority and its root; a bundle of more trusts former ones.
OWN = 2

Host = dict[str, t.Any]
Nodes = dict[str, dict[str, t.Any]]

KEYS = "encryption_keys"
TOKEN = "token"
AGENT_TOKEN = "agent_token"
# Two exchanges: others take the place of the authorities, and later nobody trusts the former ones any more.
AUTHORITY = "authority"
FORMER_AUTHORITY = "former_authority"
AUTHORITIES = (AUTHORITY, FORMER_AUTHORITY)


def parse(text: str) -> dict[str, str]:
    """The marker in a file's text; empty without one that can be read."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def begun(hosts: t.Iterable[Host]) -> dict[str, str]:
    """The marker of an exchange that has not ended; one server that has it is enough."""
    markers = (host["seen"]["rotation"] for host in hosts if host["seen"] is not None)
    found: dict[str, str] = next((marker for marker in markers if marker), {})
    return found


def digest(nodes: Nodes, host: Host) -> str:
    """Of the configuration with the keys for Secrets that a server runs with, as its node tells it."""
    return str(nodes.get(host["name"], {}).get("encryption", "")).partition("-")[2]


def _holds_address(host: Host) -> bool:
    """Whether a host has the virtual address of the API."""
    addresses = host["seen"]["system"]["addresses"].values()
    return any(host["settings"]["api_vip"] in each for each in addresses)


class Exchange(t.Protocol):
    # Whether the new one has to be made yet, and whether a run goes on after that.
    makes: bool
    resumes: bool
    # Who did not begin with the new one, in the order of their turns.
    due: list[Host]


class Keys:
    """The exchange of the key for Secrets."""

    def __init__(self, members: list[Host], nodes: Nodes, marker: dict[str, str], leader: str) -> None:
        digests = {host["name"]: digest(nodes, host) for host in members}
        known = set(digests.values())
        of_keys = marker if marker.get("kind") == KEYS else {}
        before = of_keys.get("before", "")
        # Who begins is restarted first, who leads etcd last. It is best whoever holds the address of the API: what is
        # asked there is answered by who has the new key, while it is made and until the turns begin.
        order = sorted(members, key=lambda host: (host["name"] == leader, not _holds_address(host)))
        self.asked = next((host for host in order if host["name"] == of_keys.get("host")), next(iter(order), None))
        # Servers that differ before anything has begun: somebody has made a key by hand.
        self.makes = known == {before} if of_keys else len(known) == 1
        self.resumes = bool(of_keys) and not self.makes
        new = known - {before}
        self.due = [
            host
            for host in sorted(order, key=lambda host: host is not self.asked)
            if not self.resumes
            or len(new) > 1
            or digests[host["name"]] == before
            or (host is self.asked and host["seen"]["encryption"]["changed"])
        ]
        self.marker = of_keys or {
            "kind": KEYS,
            "host": self.asked["name"] if self.asked else "",
            "before": next(iter(known), ""),
        }


class Token:
    """The exchange of the token that servers share."""

    def __init__(self, members: list[Host], marker: dict[str, str], leader: str) -> None:
        of_token = marker if marker.get("kind") == TOKEN else {}
        # Who makes it is restarted last, as k3s has it, and who leads etcd, too: it is best the same one.
        order = sorted(members, key=lambda host: host["name"] == leader)
        self.asked = next((host for host in order if host["name"] == of_token.get("host")), next(reversed(order), None))
        token = self.asked["seen"]["token"] if self.asked else {"written": "", "kept": ""}
        self.before = of_token.get("before", token["kept"])
        self.makes = not of_token or {token["written"], token["kept"]} == {self.before}
        self.resumes = not self.makes
        # The present one. A server that was asked has written it down before it is kept anywhere.
        made = [one for one in (token["kept"], token["written"]) if one != self.before]
        self.now = "" if self.makes else made[0]
        behind = [host for host in members if host["seen"]["token"]["kept"] != self.now]
        self.spreads = self.makes or bool(behind)
        self.due = [
            host
            for host in sorted(order, key=lambda host: host is self.asked)
            if self.makes or host in behind or host["seen"]["token"]["changed"]
        ]
        self.marker = of_token or {
            "kind": TOKEN,
            "host": self.asked["name"] if self.asked else "",
            "before": self.before,
        }

    def strange(self, host: Host) -> bool:
        """Whether a host has, or was given, a token that is neither the former nor the present one."""
        token = host["seen"]["token"]
        if self.makes:
            return {token["wanted"], token["kept"], token["written"]} != {self.before}
        return not {token["wanted"], token["kept"]} <= {self.before, self.now}


class Authority:
    """The exchange of authorities: a host has taken them over when its bundle is the one that the marker tells of."""

    def __init__(self, kind: str, members: list[Host], agents: list[Host], marker: dict[str, str], leader: str) -> None:
        known = marker if marker.get("kind") == kind else {}
        order = sorted(members, key=lambda host: host["name"] == leader)
        self.asked = next((host for host in order if host["name"] == known.get("host")), next(iter(order), None))
        self.trusts_former = any(host["seen"]["authorities"] > OWN for host in members)
        # Where nobody trusts a former one there is nothing to drop.
        self.makes = not known and (kind == AUTHORITY or self.trusts_former)
        self.resumes = bool(known)
        after = known.get("after", "")
        self.due = [host for host in order if self.makes or (known and host["seen"]["ca"] != after)]
        self.agents = [host for host in agents if self.makes or (known and host["seen"]["ca"] != after)]
        self.spreads = bool(self.due)
        self.marker = known or {"kind": kind, "host": self.asked["name"] if self.asked else ""}


class AgentToken:
    """The exchange of the token that agents enter with.

    It has no marker: where a host has another one than is wanted, a run goes on with that; where none has, a new one is
    made. What servers have let in until now they keep until it is proved to be refused.
    """

    def __init__(self, members: list[Host], agents: list[Host], leader: str) -> None:
        servers = sorted(members, key=lambda host: host["name"] == leader)
        self.wanted = next((_agents(host)["wanted"] for host in servers + agents), "")
        self.former = {one for host in servers for one in _agents(host)["former"]}
        self.begun = bool(self.former)
        self.generates = not self.begun and not [host for host in servers + agents if self._behind(host)]
        # A set of before is made unless that has been done.
        self.makes = not self.begun
        self.resumes = self.begun
        self.due = [host for host in servers if self._due(host)]
        self.agents = [host for host in agents if self._due(host)]
        self.ends = self.begun or bool(self.due or self.agents)

    @staticmethod
    def _behind(host: Host) -> bool:
        token = _agents(host)
        # Agents write nothing down.
        return not {token["kept"], token["written"] or token["kept"]} <= {token["wanted"]}

    def _due(self, host: Host) -> bool:
        return self.generates or self._behind(host) or bool(_agents(host)["changed"])


def _agents(host: Host) -> dict[str, t.Any]:
    found: dict[str, t.Any] = host["seen"]["agent_token"]
    return found
