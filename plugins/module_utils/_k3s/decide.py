# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to happen to which host, in which order. Hosts are those of situation.py."""

from __future__ import annotations

import typing as t

from . import config, members, nodes, refusals, releases, rotation, upgrade
from .situation import Host, Situation, expires, maintained, outdated, started

Addresses = dict[str, str]

# Of steps whose name does not say what they do.
WORDS = {"key": "make a new key for Secrets on", "renew": "restart"}
RENEWED = {
    rotation.KEYS: "Secrets have another key than it began with",
    rotation.TOKEN: "it began with the former token",
    rotation.AGENT_TOKEN: "it began with another agents' token",
    rotation.AUTHORITY: "it began with the former authorities",
    rotation.FORMER_AUTHORITY: "it trusts former authorities",
}


def _others(now: Situation, host: Host) -> list[Host]:
    return [other for other in now.servers if other is not host and other["address"]]


def _entry(now: Situation, host: Host, entry: Host | None) -> tuple[str, str]:
    """The address of the server to enter through, during this run and after it. Empty: found the cluster."""
    others = _others(now, host)
    present = host["seen"]["registered_at"]
    if host in now.members or host["role"] == "agent":
        if present in [other["address"] for other in others]:
            return present, present
        with_data = [other for other in others if other in now.members]
        if with_data:
            return with_data[0]["address"], with_data[0]["address"]
    if host is not entry and entry is not None:
        return entry["address"], entry["address"]
    return "", others[0]["address"] if others else ""


def _join(now: Situation, host: Host, entry: Host | None) -> dict[str, t.Any]:
    during, afterwards = _entry(now, host, entry)
    return {
        "now": config.join_config(host["settings"], during),
        "final": config.join_config(host["settings"], afterwards),
    }


def _stale(now: Situation, host: Host) -> bool:
    """Whether the cluster remembers a node that has lost what it knew."""
    view = now.view()
    return host["name"] in [node["name"] for node in view["api"]["nodes"]] or bool(
        members.of_node(view["etcd"]["members"], host["name"], host["address"])
    )


def _step(action: str, host: Host, before: Addresses, after: Addresses) -> dict[str, t.Any]:
    return {
        "action": action,
        "host": host["name"],
        "inventory_name": host["host"],
        "address": host["address"],
        "role": host["role"],
        "gatekeeper": "",
        "through": "",
        "stops": started(host),
        "before": dict(before),
        "after": dict(after),
        "stale": False,
        "leaving": "",
        "because": "",
    }


def _steps(now: Situation, entry: Host | None) -> t.Iterator[dict[str, t.Any]]:
    belonging = {host["name"]: host["address"] for host in now.members}
    if now.founder is not None:
        belonging = {now.founder["name"]: now.founder["address"]}
        yield {**_step("found", now.founder, {}, belonging), "through": now.founder["address"]}
    for host in now.upgrading:
        yield _upgrade(now, host, belonging)
    for host in now.joining:
        if entry is None:
            return
        before = dict(belonging)
        belonging[host["name"]] = host["address"]
        # Members that are only about to be started may still know the node.
        stale = bool(now.members) and (not now.live or _stale(now, host))
        # A cluster with nothing to lose yet is waited for as a whole, at the end.
        through = entry["address"] if now.founder is not None else ""
        leaving = host["address"] if stale else ""
        yield {**_step("join", host, before, belonging), "stale": stale, "leaving": leaving, "through": through}
    for host in now.outdated:
        reason = ", ".join(outdated(host)) + " changed"
        yield {**_step("restart", host, belonging, belonging), "because": reason}
    yield from _renew(now, belonging)
    due = upgrade.agents(now)
    for host in due:
        yield _upgrade(now, host, belonging)
    running = [host for host in now.agents if host["name"] in now.nodes and host["seen"] and host not in due]
    for host in now.expiring + [agent for agent in running if expires(agent)]:
        days = min(host["seen"]["certificates"].values())
        reason = f"a certificate ends in {days} days, before the {host['settings']['certificate_days']} asked for"
        yield {**_step("rotate", host, belonging, belonging), "because": reason}
    others = [host for host in now.agents if host["seen"] and host not in due]
    for host in now.maintained + [agent for agent in others if maintained(agent)]:
        yield _maintain(now, host, belonging, entry)


def _renew(now: Situation, belonging: Addresses) -> t.Iterator[dict[str, t.Any]]:
    """Every server restarted with what was exchanged; a key for Secrets is made in the first step."""
    asked = now.keys.asked
    if now.rotates == rotation.KEYS and now.keys.makes and asked is not None:
        yield {**_step("key", asked, belonging, belonging), "stops": False, "marker": now.keys.marker}
    for host in now.renewing:
        yield {**_step("renew", host, belonging, belonging), "because": RENEWED[now.rotates]}
    for host in now.following:
        yield {**_step("renew", host, belonging, belonging), "because": RENEWED[now.rotates]}


def _goes_back(host: Host, present: str, wanted: str) -> bool:
    """Whether a host runs its former version again: a newer minor may have written into etcd what an older can't read.

    Agents have no etcd, and an older kubelet goes with newer servers.
    """
    return host["role"] == "agent" or releases.same_minor(present, wanted)


def _upgrade(now: Situation, host: Host, belonging: Addresses) -> dict[str, t.Any]:
    """One host's turn: emptied, stopped, switched, started."""
    present, wanted = host["seen"]["installed_version"], host["settings"]["version"]
    # One that was cut off between the switch and the start still runs what it had.
    present = present if present != wanted else now.runs(host)
    # One whose version does not run is what the upgrade is to mend: the others have to be well without it.
    failing = host["role"] == "server" and host not in now.live
    before = {name: address for name, address in belonging.items() if not (failing and name == host["name"])}
    return {
        **_step("upgrade", host, before, belonging),
        "leaving": host["address"] if failing else "",
        "from": present,
        "to": wanted,
        # Who speaks to the API for it: a server itself, unless its own is what fails.
        "voice": host["name"] if host in now.live else now.live[0]["name"],
        "drains": not failing and now.drains(host),
        "reversible": not failing and present not in ("", wanted) and _goes_back(host, present, wanted),
    }


def _token(now: Situation, against: list[str]) -> dict[str, t.Any]:
    """Who has to have another token made or given before any server is restarted; empty when nothing is to be done."""
    if against or now.rotates != rotation.TOKEN or not now.token.spreads or now.token.asked is None:
        return {}
    return {
        "asked": now.token.asked["name"],
        "asked_host": now.token.asked["host"],
        "makes": now.token.makes,
        "marker": now.token.marker,
    }


def _agent_token(now: Situation, against: list[str]) -> dict[str, t.Any]:
    """What has to become of the agents' token before any host is restarted; empty when nothing is to be done."""
    if against or now.rotates != rotation.AGENT_TOKEN or not now.agent_token.ends:
        return {}
    # Without a live one it is in the datastore, or gets there in the next run.
    asked = next(iter(now.live), None)
    return {"generates": now.agent_token.generates, "asked": asked["name"] if asked else ""}


def _authority(now: Situation, against: list[str]) -> dict[str, t.Any]:
    """Who makes or drops authorities before any host is restarted; empty when nothing is to be done."""
    if against or now.rotates not in rotation.AUTHORITIES or not now.authority.spreads or now.authority.asked is None:
        return {}
    asked = now.authority.asked
    return {"asked": asked["name"], "asked_host": asked["host"], "marker": now.authority.marker}


def _maintain(now: Situation, host: Host, belonging: Addresses, entry: Host | None) -> dict[str, t.Any]:
    """One host's turn at what else is to be done there; whether it has to stop for it is only known then."""
    # Where nothing lives yet, the others are there by its turn.
    drainable = now.drains(host) or (not now.live and host["settings"]["drain"] and len(now.seen) > 1)
    return {
        **_step("maintain", host, belonging, belonging),
        "work": host["settings"]["maintain"],
        # A server that was stopped runs again by its turn, so each speaks for itself.
        "voice": host["name"] if host["role"] == "server" or entry is None else entry["name"],
        "drains": bool(now.live) and drainable and host["settings"]["maintain_stops"],
        "drainable": drainable,
    }


def _agents(now: Situation) -> dict[str, list[str]]:
    due = upgrade.agents(now)
    seen = [host for host in now.agents if host["seen"] is not None and host not in due + now.following]
    nodes = {node["name"] for node in now.view()["api"]["nodes"]}
    stopped = [host for host in seen if host["seen"]["unit"]["state"] != "active"]
    return {
        "start": [host["name"] for host in stopped],
        "restart": [host["name"] for host in seen if host not in stopped and outdated(host)],
        # Members that are only about to be started may still know the node.
        "stale": [
            host["name"]
            for host in stopped
            if not host["seen"]["node_password"] and (host["name"] in nodes or (now.members and not now.live))
        ],
    }


def _marks(now: Situation) -> list[dict[str, t.Any]]:
    """Labels and taints that a running node lacks: k3s sets them only when a node registers."""
    known = {node["name"]: node for node in now.view()["api"]["nodes"]}
    lacking = []
    for host in now.seen:
        node = known.get(host["name"])
        if node is None or host in now.joining:
            continue
        labels = dict(label.partition("=")[::2] for label in host["settings"]["node_labels"])
        taints = [nodes.taint(nodes.parse_taint(text)) for text in host["settings"]["node_taints"]]
        if not labels.items() <= node["labels"].items() or not set(taints) <= set(node["taints"]):
            lacking.append({"name": host["name"], "labels": labels, "taints": list(taints)})
    return lacking


def _reopen(now: Situation) -> list[str]:
    emptied = [name for name, node in now.nodes.items() if node["drained"]]
    return [host["name"] for host in now.seen if host["name"] in emptied and not now.behind(host)]


def _exchange(token: dict[str, t.Any], agent_token: dict[str, t.Any]) -> t.Iterator[str]:
    if token:
        yield f"{'make a new token' if token['makes'] else 'take the new token'} on {token['asked']}, for all servers"
    if agent_token:
        yield f"have servers let agents in with {'a new' if agent_token['generates'] else 'the given'} token"


def _succession(now: Situation, against: list[str]) -> t.Iterator[str]:
    found = _authority(now, against)
    if found:
        what = "make new authorities" if now.rotates == rotation.AUTHORITY else "drop former authorities"
        yield f"{what} on {found['asked']}, for all hosts"


def _summary(
    start: list[str], ended: list[str], steps: list[dict[str, t.Any]], agents: dict[str, list[str]]
) -> t.Iterator[str]:
    if start:
        yield f"start {', '.join(start)}" + (" together" if len(start) > 1 else "")
    if ended:
        yield f"restart {', '.join(ended)} at once, because certificates have ended"
    for step in steps:
        versions = f" from {step['from']} to {step['to']}" if step["action"] == "upgrade" else ""
        action = WORDS.get(step["action"], step["action"])
        work = f": {step['work']}" if step["action"] == "maintain" else ""
        because = f", because {step['because']}" if step["because"] else ""
        yield f"{action} {step['host']}{versions}{work}{because}"
        others = [one["host"] for one in steps if one["action"] == "renew" and one["host"] != step["host"]]
        if step["action"] == "key" and others:
            yield f"until each is restarted, no Secret is to be made or changed through {', '.join(others)}: it is lost"
    for action in ("start", "restart"):
        if agents[action]:
            yield f"{action} agents {', '.join(agents[action])}"


def plan(hosts: list[Host]) -> dict[str, t.Any]:
    now = Situation(hosts)
    against = refusals.refusals(now)
    warnings = list(refusals.warnings(now))
    entry = next(iter(now.live or now.members), now.founder)
    start, ended = [host["name"] for host in now.stopped], [host["name"] for host in now.ended]
    steps, agents = list(_steps(now, entry)), _agents(now)
    # What would be done is told beside what speaks against it.
    told = list(_summary(start, ended, steps, agents))
    if against:
        start, ended, steps = [], [], []
    # Every step ends with the gate, so only the first of them has to begin with it.
    if steps and entry and steps[0]["action"] != "found":
        steps[0]["gatekeeper"] = entry["name"]
    token, agent_token = _token(now, against), _agent_token(now, against)
    join = {host["name"]: _join(now, host, entry) for host in now.seen}
    marks = [] if against else _marks(now)
    # What an interrupted upgrade has emptied and brought back.
    reopen = [] if against else _reopen(now)
    unfinished = [name for name, settings in join.items() if settings["now"] != settings["final"]]
    return {
        "refusals": against,
        "warnings": warnings,
        "summary": [
            *warnings,
            *_exchange(token, agent_token),
            *_succession(now, against),
            *told,
        ],
        "entry": entry["name"] if entry else "",
        "entry_host": entry["host"] if entry else "",
        "join": join,
        "founder": next((step["host"] for step in steps if step["action"] == "found"), ""),
        "start": start + ended,
        # Those of them that run already.
        "ended": ended,
        "steps": steps,
        "agents": agents,
        "marks": marks,
        # Hosts that are no nodes yet, or no longer.
        "entering": [host["host"] for host in now.fresh + [a for a in now.agents if now.is_new(a)]],
        "upgrades": [step["host"] for step in steps if step["action"] == "upgrade"],
        # Some servers run the new version already, so that a set of now is no way back to the one before.
        "resumes": any(step["action"] == "upgrade" for step in steps) and len(now.upgrading) < len(now.members),
        # Whether a key or a token has to be made yet; where one was, a run goes on.
        "makes": bool(steps) and now.exchange is not None and now.exchange.makes,
        "token": token,
        "agent_token": agent_token,
        # Whether something has to be proved in the end.
        "exchanging": now.exchange is not None and (now.exchange.makes or now.exchange.resumes),
        "authority": _authority(now, against),
        "drains": [step["host"] for step in steps if step.get("drains")],
        "reopen": reopen,
        # Whether all is as it should be, so that nothing is to be started, stopped or said to the cluster.
        "idle": not any((start, ended, steps, agents["start"], agents["restart"], marks, reopen, unfinished)),
        "members": {host["name"]: host["address"] for host in now.members},
        "live": [host["name"] for host in now.live],
        "live_hosts": [host["host"] for host in now.live],
        "servers": {host["name"]: host["address"] for host in now.servers if host["address"]},
    }
