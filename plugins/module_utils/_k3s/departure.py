# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How nodes leave a cluster that goes on without them, dead or alive. Pure. Hosts are those of situation.py."""

from __future__ import annotations

import typing as t

from . import members, volumes
from .situation import Host, Situation, names

Turn = dict[str, t.Any]

KEEP, RELEASE = "keep", "release"
RECORDED_HINT = "name it as 'kubectl get nodes' does"


def plan(
    hosts: list[Host], leaving: list[str], replaces: bool, local: str = "", fenced: t.Collection[str] = ()
) -> dict[str, t.Any]:
    """The turns of the nodes that leave, and what speaks against them.

    leaving: names of nodes, or of the inventory's hosts. replaces: whether another one comes in its place, so that the
    inventory's servers stay as many. local: what becomes of volumes that are there yet on the disks, KEEP or RELEASE.
    fenced: those of leaving of which a person says that they run no more, and never come back.
    """
    now = Situation(hosts)
    going = {name: _host(hosts, name) for name in leaving}
    staying = [host for host in now.live if host not in going.values()]
    turns: list[Turn] = []
    refusals = list(_refusals(now, going, replaces, fenced))
    if not refusals and not staying:
        refusals.append("no server that stays lives -> restore the cluster first, with the playbook restore")
    if not refusals:
        belonging = {host["name"]: host["address"] for host in now.members}
        # What is dead goes first: as long as it counts as a member, one that lives is missed twice.
        for name, host in sorted(going.items(), key=lambda item: bool(item[1] and item[1]["seen"])):
            turn = _turn(now, host["name"] if host else name, host, local)
            belonging.pop(turn["name"], None)
            one_of_two = turn["leaving"] != "" and turn["reached"] and len(belonging) == 1
            turns.append({**turn, "others": dict(belonging), "one_of_two": one_of_two})
        refusals.extend(text for turn in turns for text in _losses(turn, local))
    return {
        "refusals": refusals,
        "voice": staying[0]["host"] if staying else "",
        # What a run before this one has done is not done again.
        "turns": [turn for turn in turns if turn["known"] or turn["installed"] or turn["released"]],
        "summary": [text for turn in turns for text in _summary(turn)],
    }


def _host(hosts: list[Host], name: str) -> Host | None:
    return next((host for host in hosts if name in (host["name"], host["host"])), None)


def _known(now: Situation, name: str, address: str) -> bool:
    """Whether the cluster still holds something of a node."""
    view = now.view()
    member, lying = (
        members.of_node(view["etcd"]["members"], name, address),
        volumes.of_node(view["api"]["volumes"], name),
    )
    return name in now.nodes or bool(member or lying)


def _running(now: Situation, name: str, host: Host | None, fenced: t.Collection[str]) -> t.Iterator[str]:
    """Why what could not be stopped may run, beside its successor, and write where that one writes."""
    node_name, what = (host["name"], "does not answer") if host else (name, "is no host of the inventory")
    node = now.nodes.get(node_name)
    if node and node["ready"] == "True":
        yield (
            f"{name} {what}, yet its node is ready: nobody could stop it -> have it in the inventory and within"
            " reach, or switch it off and wait until its node is not ready"
        )
    elif name not in fenced and _known(now, node_name, ""):
        yield (
            f"{name} {what}: it may be cut off and run on, and would write where others write in its place -> switch it"
            " off, or cut it off for good, and say so in k3s_cluster_fenced (of the playbooks replace_node and"
            f" remove_node, -e replace_fenced={name} and -e remove_fenced={name})"
        )


def _refusals(
    now: Situation, going: dict[str, Host | None], replaces: bool, fenced: t.Collection[str]
) -> t.Iterator[str]:
    if not going:
        yield "no node was named -> name the one that leaves"
    if replaces and len(going) > 1:
        yield f"{', '.join(going)} can't all be replaced at once -> replace one, and then the next"
    for name, host in going.items():
        if host is None and now.live and not _known(now, name, ""):
            yield (
                f"{name} is neither in the inventory nor in the cluster -> {RECORDED_HINT}; one whose successor is in"
                " the inventory and that has left already needs the playbook bootstrap alone"
            )
        if host is None or host["seen"] is None:
            yield from _running(now, name, host, fenced)
    if now.live and not now.view()["api"].get("volumes_known", True):
        yield "the API does not tell which volumes there are -> run this again once it does"
    if now.marker and any(host and host["seen"] for host in going.values()):
        yield (
            f"a rotation ({now.marker.get('kind', 'unknown')}) has not ended, which one that lives takes part in"
            " -> end it first, with the playbook rotate"
        )
    stays = [host for host in now.servers if host not in going.values()]
    silent = [host for host in stays if host["seen"] is None]
    if not stays:
        yield "no server would be left -> a site's only server comes back by the playbook restore, restore_mode=total"
    elif not replaces and len(stays) % 2 == 0 and len(stays) != len(now.servers):
        yield (
            f"{len(stays)} servers ({names(stays)}) would be left: etcd needs an odd number -> name as many that one,"
            " three or five are left"
        )
    if silent:
        yield (
            f"{names(silent)} did not answer (unreachable, or left out by --limit): nothing is taken out of a cluster"
            " that lacks another server -> bring it back first, or name it, too, with the playbook remove_node"
        )
    for stranger in now.strangers():
        if not any(stranger[:-9] == name for name in going):
            yield f"etcd has a member {stranger} that is no server of this inventory -> name that one first"


def _turn(now: Situation, name: str, host: Host | None, local: str) -> Turn:
    node = now.nodes.get(name, {})
    address = host["address"] if host and host["address"] else next(iter(node.get("addresses", [])), "")
    member = members.of_node(now.view()["etcd"]["members"], name, address)
    address = address or next((each for entry in member for each in entry["addresses"]), "")
    server = bool(member) or (host is not None and host["role"] == "server")
    lying = volumes.of_node(now.view()["api"]["volumes"], name)
    seen = host["seen"] if host else None
    there = [volume for volume in lying if seen and volumes.is_there(volume, seen["storage"])]
    released = [volume for volume in lying if local != KEEP and (volume not in there or local == RELEASE)]
    return {
        "name": name,
        "host": host["host"] if host else "",
        "address": address,
        # Where its member of etcd is, which counts no more; an agent has none.
        "leaving": address if server else "",
        "reached": seen is not None,
        "known": _known(now, name, address),
        "installed": bool(seen and (seen["datastore"] or seen["node_password"] or seen["installed_version"])),
        "drains": bool(host and seen and now.drains(host)),
        "there": volumes.described(there),
        "released": [volume["name"] for volume in released],
        "claims": volumes.described(released),
    }


def _losses(turn: Turn, local: str) -> t.Iterator[str]:
    if turn["there"] and local not in (KEEP, RELEASE):
        yield (
            f"{turn['name']} has the data of {', '.join(turn['there'])} on its disk -> say what becomes of them:"
            f" {KEEP}, where the same machine with the same name comes back and finds them, or {RELEASE}, where they"
            " are deleted and their pods begin elsewhere with empty volumes"
        )


def _summary(turn: Turn) -> t.Iterator[str]:
    name = turn["name"]
    if not (turn["known"] or turn["installed"]):
        yield f"{name} has left already"
    else:
        yield f"take {name} out" + (", its pods first" if turn["drains"] else "")
    if turn["claims"]:
        yield f"{name}: the volumes of {', '.join(turn['claims'])} go with it, and are made anew elsewhere, empty"
