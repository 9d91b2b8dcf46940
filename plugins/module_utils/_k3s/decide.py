# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to happen to which host, in which order, and when nothing must happen at all.

A host is a dict of host (its name in the inventory), name (of its node), role, address, settings, checksums (of the
files it should have) and seen (k3s_info's answer, None for a host that did not answer).
"""

from __future__ import annotations

import typing as t

from . import config, layout, members, nodes, volumes

Host = dict[str, t.Any]
Addresses = dict[str, str]

ARCHITECTURES = ("x86_64", "aarch64")
SERVER_PORTS = (layout.API_PORT, 2379, 2380, 10250)
AGENT_PORTS = (10250,)
MEBIBYTE = 1 << 20


def _names(hosts: t.Iterable[Host]) -> str:
    return ", ".join(host["name"] for host in hosts)


def _started(host: Host) -> bool:
    return host["seen"]["unit"]["state"] in ("active", "activating", "reloading")


def _live(host: Host) -> bool:
    seen = host["seen"]
    return bool(seen["api"]["ready"] and seen["etcd"]["quorum"])


def _outdated(host: Host) -> list[str]:
    """Files that the running process has read in another form; every file when it is not known what it read."""
    started = host["seen"]["started"]
    if started is None:
        return sorted(host["checksums"])
    known = {path: digest for path, digest in started.items() if path != layout.BINARY}
    return sorted(
        path for path in set(known) | set(host["checksums"]) if known.get(path) != host["checksums"].get(path)
    )


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
        self.live = [host for host in self.members if _live(host)]
        self.stopped = [host for host in self.members if host["seen"]["unit"]["state"] != "active"]
        running = [host for host in self.members if host not in self.stopped and _outdated(host)]
        leader = self.leader()
        self.outdated = sorted(running, key=lambda host: host["name"] == leader)
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

    def changes(self) -> bool:
        return bool(self.joining or self.outdated)


def _settings_refusals(name: str, settings: dict[str, t.Any]) -> t.Iterator[str]:
    for key in sorted(config.RESERVED.intersection(settings["extra_config"])):
        yield f"{name}: k3s_cluster_extra_config sets {key}, which the role sets itself -> use the variable of the role"
    addresses = 1 << (32 - settings["node_cidr_mask"])
    if settings["max_pods"] > addresses:
        yield (
            f"{name}: k3s_cluster_max_pods is {settings['max_pods']}, a node's range of /{settings['node_cidr_mask']}"
            f" holds {addresses} addresses -> choose fewer pods, or a wider k3s_cluster_node_cidr_mask before the"
            " cluster is founded"
        )
    if settings["local_storage_path"].startswith(layout.DATA_DIR + "/"):
        yield (
            f"{name}: k3s_cluster_local_storage_path is {settings['local_storage_path']}, inside what is removed with"
            f" k3s -> choose a directory outside {layout.DATA_DIR}"
        )


def _host_refusals(host: Host) -> t.Iterator[str]:
    seen, settings, name = host["seen"], host["settings"], host["name"]
    system = seen["system"]
    server = host["role"] == "server"
    if system["architecture"] not in ARCHITECTURES:
        yield f"{name}: architecture {system['architecture']}, expected one of {', '.join(ARCHITECTURES)}"
    if system["cgroup"] == 1 and not settings["allow_cgroup_v1"]:
        yield (
            f"{name}: cgroup v1, expected v2, which kubelet 1.35 asks for"
            " -> boot with systemd.unified_cgroup_hierarchy=1, or set k3s_cluster_allow_cgroup_v1 (of a site:"
            " site_allow_cgroup_v1)"
        )
    if not host["address"]:
        yield f"{name}: no address found -> set k3s_cluster_node_ip or k3s_cluster_interface (of a site: ansible_host)"
    yield from _settings_refusals(name, settings)
    # What an interrupted first run has left binds nobody.
    belongs = seen["datastore"] or seen["node_password"]
    for what, matches in (("token", seen["token_matches"]), ("agent token", seen["agent_token_matches"])):
        if matches is False and belongs:
            yield f"{name}: its cluster uses another {what} -> give the one that it was made with, or rotate it first"
    if seen["datastore"] == "sqlite":
        yield f"{name}: k3s keeps its data in SQLite, expected embedded etcd -> move it with k3s's own --cluster-init"
    installed = seen["installed_version"]
    in_use = seen["datastore"] or (not server and _started(host))
    if in_use and installed and installed != settings["version"]:
        yield (
            f"{name}: runs {installed}, the inventory asks for {settings['version']}"
            " -> upgrade with the upgrade playbook; bootstrap never changes the version of a cluster"
        )
    if server and seen["datastore"]:
        wanted = config.cluster_config(settings)
        for key, value in seen["immutable"].items():
            expected = str(wanted[key]).lower() if isinstance(wanted[key], bool) else str(wanted[key])
            if value != expected:
                yield f"{name}: {key} is {value} for the life of the cluster, the inventory asks for {expected}"
    if not in_use and not _started(host):
        busy = sorted(set(system["listeners"]).intersection(SERVER_PORTS if server else AGENT_PORTS))
        if busy:
            yield f"{name}: something listens on {', '.join(map(str, busy))} already, which k3s needs -> stop it"
    for path, free in system["free_bytes"].items():
        if free < settings["required_space_mb"] * MEBIBYTE and (not in_use or installed != settings["version"]):
            yield (
                f"{name}: {free // MEBIBYTE} MiB free for {path}, expected {settings['required_space_mb']}"
                " -> free space there, or ask for less with k3s_cluster_required_space_mb"
            )


def _identity_refusals(now: Situation) -> t.Iterator[str]:
    identities: dict[str, t.Callable[[Host], str]] = {
        "kube-system UID": lambda host: host["seen"]["api"]["lineage"],
        "etcd cluster": lambda host: host["seen"]["etcd"]["cluster_id"],
        "certificate authority": lambda host: host["seen"]["ca"],
    }
    for what, value in identities.items():
        clusters: dict[str, list[Host]] = {}
        for host in now.members:
            if value(host) not in ("", "0"):
                clusters.setdefault(value(host), []).append(host)
        if len(clusters) > 1:
            sides = " against ".join(f"{_names(hosts)} ({key[:12]})" for key, hosts in sorted(clusters.items()))
            yield (
                f"the servers belong to different clusters, told apart by their {what}: {sides}"
                " -> decide which one to keep and reset the servers of the other"
            )
            return


def _cluster_refusals(now: Situation) -> t.Iterator[str]:
    if not now.servers:
        yield "there is no server in the inventory"
        return
    if len(now.servers) % 2 == 0:
        yield f"{len(now.servers)} servers ({_names(now.servers)}): etcd needs an odd number -> add or remove one"
    unseen = f"{_names(now.unseen)} did not answer (unreachable, or left out by --limit)"
    if now.unseen and not now.data:
        yield f"{unseen} and may hold the cluster's data: no second cluster is founded -> bring all servers up"
    elif now.unseen and now.changes():
        yield f"{unseen}: nothing is changed in a cluster that is not complete -> bring it back first"
    elif now.unseen and not now.live and len(now.members) * 2 <= len(now.servers):
        yield f"{unseen}: the others are no majority and cannot run without it -> bring it back first"
    if now.data and not now.members and not now.unseen:
        yield f"every server with data ({_names(now.data)}) was removed from its cluster -> restore from a backup"
    if not now.changes():
        return
    for stranger in now.strangers():
        yield (
            f"etcd has a member {stranger} that is no server of this inventory: nothing is changed before it is"
            f" -> add it to the inventory, or remove it with 'kubectl delete node'"
        )
    for alarm in now.view()["etcd"]["alarms"]:
        yield f"etcd raises {alarm}, expected no alarm -> run the playbook defragment after NOSPACE, and this again"


def _warnings(now: Situation) -> t.Iterator[str]:
    for stranger in now.strangers():
        yield f"etcd has a member {stranger} that is no server of this inventory"
    for alarm in now.view()["etcd"]["alarms"]:
        yield f"etcd raises {alarm}"
    for host in now.seen:
        gone = volumes.lost(now.view()["api"]["volumes"], host["name"], host["seen"]["storage"])
        if gone:
            yield (
                f"{host['name']}: the data of {', '.join(gone)} are gone with its disk, a pod finds an empty volume"
                " -> restore them, or delete the claims"
            )
        expiring = [days for days in host["seen"]["certificates"].values() if days < 30]
        if expiring:
            yield f"{host['name']}: certificates end in {min(expiring)} days -> restart k3s, which renews them"


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
        "address": host["address"],
        "gatekeeper": "",
        "through": "",
        "stops": _started(host),
        "before": dict(before),
        "after": dict(after),
        "stale": False,
        "because": "",
    }


def _steps(now: Situation, entry: Host | None) -> t.Iterator[dict[str, t.Any]]:
    belonging = {host["name"]: host["address"] for host in now.members}
    if now.founder is not None:
        belonging = {now.founder["name"]: now.founder["address"]}
        yield {**_step("found", now.founder, {}, belonging), "through": now.founder["address"]}
    for host in now.joining:
        if entry is None:
            return
        before = dict(belonging)
        belonging[host["name"]] = host["address"]
        # Members that are only about to be started may still know the node.
        stale = bool(now.members) and (not now.live or _stale(now, host))
        # A cluster with nothing to lose yet is waited for as a whole, at the end.
        through = entry["address"] if now.founder is not None else ""
        yield {**_step("join", host, before, belonging), "stale": stale, "through": through}
    for host in now.outdated:
        reason = ", ".join(_outdated(host)) + " changed"
        yield {**_step("restart", host, belonging, belonging), "because": reason}


def _agents(now: Situation) -> dict[str, list[str]]:
    seen = [host for host in now.agents if host["seen"] is not None]
    nodes = {node["name"] for node in now.view()["api"]["nodes"]}
    stopped = [host for host in seen if host["seen"]["unit"]["state"] != "active"]
    return {
        "start": [host["name"] for host in stopped],
        "restart": [host["name"] for host in seen if host not in stopped and _outdated(host)],
        "stale": [host["name"] for host in stopped if host["name"] in nodes and not host["seen"]["node_password"]],
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


def _summary(start: list[str], steps: list[dict[str, t.Any]], agents: dict[str, list[str]]) -> t.Iterator[str]:
    if start:
        yield f"start {', '.join(start)}" + (" together" if len(start) > 1 else "")
    for step in steps:
        yield f"{step['action']} {step['host']}" + (f", because {step['because']}" if step["because"] else "")
    for action in ("start", "restart"):
        if agents[action]:
            yield f"{action} agents {', '.join(agents[action])}"


def plan(hosts: list[Host]) -> dict[str, t.Any]:
    now = Situation(hosts)
    refusals = [text for host in now.seen for text in _host_refusals(host)]
    refusals += [*_identity_refusals(now), *_cluster_refusals(now)]
    warnings = list(_warnings(now))
    entry = next(iter(now.live or now.members), now.founder)
    start = [] if refusals else [host["name"] for host in now.stopped]
    steps = [] if refusals else list(_steps(now, entry))
    # Every step ends with the gate, so only the first of them has to begin with it.
    if steps and entry and steps[0]["action"] != "found":
        steps[0]["gatekeeper"] = entry["name"]
    agents = _agents(now)
    return {
        "refusals": refusals,
        "warnings": warnings,
        "summary": warnings + list(_summary(start, steps, agents)),
        "entry": entry["name"] if entry else "",
        "entry_host": entry["host"] if entry else "",
        "join": {host["name"]: _join(now, host, entry) for host in now.seen},
        "founder": next((step["host"] for step in steps if step["action"] == "found"), ""),
        "start": start,
        "steps": steps,
        "agents": agents,
        "marks": [] if refusals else _marks(now),
        "members": {host["name"]: host["address"] for host in now.members},
        "live": [host["name"] for host in now.live],
        "servers": {host["name"]: host["address"] for host in now.servers if host["address"]},
    }
