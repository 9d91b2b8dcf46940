# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rolling gate: what has to hold before and after anything happens to a server."""

from __future__ import annotations

import typing as t

QUORUM = "etcd has a quorum"
QUORUM_REMEDY = (
    "start k3s on the other servers; if most of them lost their data, run the playbook restore with"
    " restore_mode=survivor"
)


class Failure(t.NamedTuple):
    condition: str
    seen: str
    expected: str
    remedy: str


def _node(name: str, known: list[dict[str, t.Any]], votes: bool, version: str) -> list[Failure]:
    """Whether the node is there, Ready, of a version and, where wanted, a voter; labels come too late to tell who has
    to be one."""
    found = [node for node in known if node["name"] == name]
    if not found:
        return [
            Failure(
                f"node {name} is registered",
                "nodes: " + (", ".join(node["name"] for node in known) or "none"),
                name,
                f"read 'journalctl -u k3s' on {name}",
            )
        ]
    failures = []
    if found[0]["ready"] != "True":
        failures.append(
            Failure(
                f"node {name} is Ready",
                f"Ready={found[0]['ready']}",
                "Ready=True",
                f"read 'kubectl describe node {name}' and 'journalctl -u k3s' on {name}",
            )
        )
    if version and found[0]["version"] != version:
        failures.append(
            Failure(
                f"node {name} runs {version}",
                found[0]["version"] or "no version yet",
                version,
                f"read 'journalctl -u k3s' on {name}",
            )
        )
    if votes and found[0]["voter"] != "True":
        failures.append(
            Failure(
                f"node {name} votes",
                f"EtcdIsVoter={found[0]['voter']}",
                "EtcdIsVoter=True",
                f"a learner is promoted once it has caught up; read 'journalctl -u k3s' on {name}",
            )
        )
    return failures


def _etcd(etcd: dict[str, t.Any], servers: dict[str, str]) -> list[Failure]:
    if not etcd["running"] or not etcd["quorum"]:
        return [Failure(QUORUM, etcd["error"] or "no leader", "an answer that a majority agrees on", QUORUM_REMEDY)]
    failures = []
    for member in etcd["members"]:
        if not member["started"]:
            failures.append(
                Failure(
                    f"etcd member at {', '.join(member['addresses'])} has started",
                    "added, never started",
                    "started",
                    "start k3s there, or delete its Node",
                )
            )
        elif member["learner"]:
            failures.append(
                Failure(
                    f"etcd member {member['name']} votes",
                    "learner",
                    "voter",
                    "a learner is promoted once it has caught up; if it never does, read 'journalctl -u k3s' there",
                )
            )
    present = {address for member in etcd["members"] for address in member["addresses"]}
    for name, address in servers.items():
        if address not in present:
            failures.append(
                Failure(
                    f"{name} is a member of etcd",
                    "members at " + ", ".join(sorted(present)),
                    address,
                    f"read 'journalctl -u k3s' on {name}",
                )
            )
    failures.extend(
        Failure(
            "etcd raises no alarm",
            alarm,
            "no alarm",
            "run the playbook defragment after NOSPACE; after CORRUPT the playbook restore with restore_mode=single",
        )
        for alarm in etcd["alarms"]
    )
    return failures


def _peers(peers: dict[str, str], servers: dict[str, str]) -> list[Failure]:
    by_address = {address: name for name, address in servers.items()}
    return [
        Failure(
            f"the API on {by_address.get(address, address)} is ready",
            error,
            "ok from /readyz",
            f"bring {by_address.get(address, address)} back before anything else is changed",
        )
        for address, error in sorted(peers.items())
        if error
    ]


def _unit(unit: dict[str, t.Any]) -> list[Failure]:
    if unit["state"] == "active":
        return []
    return [Failure("k3s.service runs", unit["state"], "active", "read 'journalctl -u k3s'")]


def judge(
    observed: dict[str, t.Any], node: str, servers: dict[str, str], leaving: str = "", version: str = ""
) -> list[Failure]:
    """What does not hold yet. servers: name and address of every server that belongs to the cluster by now.

    leaving: address of a server whose member of etcd does not count, since it is about to be removed or mended.
    version: what the node has to run, if that matters.
    """
    failures: list[Failure] = _unit(observed["unit"])
    api = observed["api"]
    if not api["ready"]:
        failures.append(
            Failure("the API on this host is ready", api["error"], "ok from /readyz", "read 'journalctl -u k3s'")
        )
        # What depends on a server that does not even start would only hide why.
        if not observed["etcd"]["running"]:
            return failures
    else:
        failures.extend(_node(node, api["nodes"], True, version))
    staying = [member for member in observed["etcd"]["members"] if leaving not in member["addresses"]]
    failures.extend(_etcd({**observed["etcd"], "members": staying}, servers))
    failures.extend(_peers(observed["peers"], servers))
    return failures


def judge_entry(observed: dict[str, t.Any], servers: dict[str, str]) -> list[Failure]:
    """What keeps the next server from entering a cluster that is being founded: etcd, and the API it enters through.

    etcd takes one learner at a time, so this is all that has to be serial; nodes may become Ready together.
    """
    return _etcd(observed["etcd"], servers) + _peers(observed["peers"], servers)


def judge_agent(
    observed: dict[str, t.Any], node: str, version: str = "", beats: tuple[str | None, str | None] | None = None
) -> list[Failure]:
    """The same for an agent, observed from a server.

    beats: the heartbeat that was seen first, and the last one, where its kubelet has to be heard in between.
    """
    api = observed["api"]
    if not api["ready"]:
        return [Failure("the API on this host is ready", api["error"], "ok from /readyz", "read 'journalctl -u k3s'")]
    failures = _node(node, api["nodes"], False, version)
    # A node is called Ready for most of a minute after its kubelet has ended.
    if not failures and beats and beats[1] in (None, "", beats[0]):
        failures.append(
            Failure(
                f"the kubelet of {node} is heard",
                f"last heard {beats[1] or 'never'}",
                "a heartbeat since this waits",
                f"read 'journalctl -u k3s' on {node}",
            )
        )
    return failures


def explain(failures: list[Failure]) -> str:
    return "; ".join(
        f"{failure.condition}: seen {failure.seen}, expected {failure.expected} -> {failure.remedy}"
        for failure in failures
    )
