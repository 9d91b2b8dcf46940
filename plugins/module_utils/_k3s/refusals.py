# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When nothing must happen at all, and what a person should know in any case."""

from __future__ import annotations

import typing as t

from . import authentication, certificates, config, layout, releases, rotation, upgrade, volumes
from .situation import Host, Situation, names, started, upgrades

ARCHITECTURES = ("x86_64", "aarch64")
SERVER_PORTS = (layout.API_PORT, 2379, 2380, 10250)
AGENT_PORTS = (10250,)
MEBIBYTE = 1 << 20
TOKENS = {rotation.TOKEN: "token", rotation.AGENT_TOKEN: "agent token"}
REMEDIES = {
    rotation.TOKEN: "it was made with, or rotate it first",
    rotation.AGENT_TOKEN: "it has, or bring this one to the hosts with the playbook rotate and -e rotate=agent_token",
}
# k3s exchanges the key for Secrets in one step, and writes all of them anew before it forgets the former one.
KEYS_SINCE = "v1.30.5"


def _settings_refusals(name: str, settings: dict[str, t.Any]) -> t.Iterator[str]:
    for key in sorted(config.RESERVED.intersection(settings["extra_config"])):
        yield f"{name}: k3s_cluster_extra_config sets {key}, which the role sets itself -> use the variable of the role"
    for wrong in authentication.faults(settings["oidc_issuers"]):
        yield f"{name}: k3s_cluster_oidc_issuers (of a site: site_oidc_issuers): {wrong}"
    clashing = authentication.clashing(settings["extra_config"].get("kube-apiserver-arg", []))
    if settings["oidc_issuers"] and clashing:
        yield (
            f"{name}: k3s_cluster_extra_config has {', '.join(clashing)}, which the API does not take beside"
            " k3s_cluster_oidc_issuers -> have all issuers there"
        )
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


def _host_refusals(host: Host, exchanging: t.Collection[str]) -> t.Iterator[str]:
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
    for kind, what in TOKENS.items():
        # While a token is exchanged hosts have either of two; that is judged with all of them in view.
        if seen[f"{kind}_matches"] is False and belongs and kind not in exchanging:
            yield f"{name}: its cluster uses another {what} -> give the one that {REMEDIES[kind]}"
    if seen["datastore"] == "sqlite":
        yield f"{name}: k3s keeps its data in SQLite, expected embedded etcd -> move it with k3s's own --cluster-init"
    installed = seen["installed_version"]
    in_use = seen["datastore"] or (not server and started(host))
    if server and seen["datastore"]:
        wanted = config.cluster_config(settings)
        for key, value in seen["immutable"].items():
            expected = str(wanted[key]).lower() if isinstance(wanted[key], bool) else str(wanted[key])
            if value != expected:
                yield f"{name}: {key} is {value} for the life of the cluster, the inventory asks for {expected}"
    if not in_use and not started(host):
        busy = sorted(set(system["listeners"]).intersection(SERVER_PORTS if server else AGENT_PORTS))
        if busy:
            yield f"{name}: something listens on {', '.join(map(str, busy))} already, which k3s needs -> stop it"
    for path, free in system["free_bytes"].items():
        if free < settings["required_space_mb"] * MEBIBYTE and (not in_use or installed != settings["version"]):
            yield (
                f"{name}: {free // MEBIBYTE} MiB free for {path}, expected {settings['required_space_mb']}"
                " -> free space there, or ask for less with k3s_cluster_required_space_mb"
            )


def _version_refusals(now: Situation) -> t.Iterator[str]:
    for host in now.seen:
        seen, wanted = host["seen"], host["settings"]["version"]
        if upgrades(host) or not (seen["datastore"] or started(host)) or not now.behind(host):
            continue
        if seen["installed_version"] == wanted:
            yield (
                f"{host['name']}: runs {now.runs(host)}, {wanted} is installed: an upgrade was interrupted"
                " -> go on with the playbook upgrade"
            )
        else:
            yield (
                f"{host['name']}: runs {seen['installed_version']}, the inventory asks for {wanted}"
                " -> upgrade with the playbook upgrade; bootstrap never changes the version of a cluster"
            )


def _identity_refusals(now: Situation) -> t.Iterator[str]:
    identities: dict[str, t.Callable[[Host], str]] = {
        "kube-system UID": lambda host: host["seen"]["api"]["lineage"],
        "etcd cluster": lambda host: host["seen"]["etcd"]["cluster_id"],
        "certificate authority": lambda host: host["seen"]["ca"],
    }
    if now.marker.get("kind") in rotation.AUTHORITIES:
        # Each host gets the new ones in its turn.
        identities.pop("certificate authority")
    for what, value in identities.items():
        clusters: dict[str, list[Host]] = {}
        for host in now.members:
            if value(host) not in ("", "0"):
                clusters.setdefault(value(host), []).append(host)
        if len(clusters) > 1:
            sides = " against ".join(f"{names(hosts)} ({key[:12]})" for key, hosts in sorted(clusters.items()))
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
        yield f"{len(now.servers)} servers ({names(now.servers)}): etcd needs an odd number -> add or remove one"
    unseen = f"{names(now.unseen)} did not answer (unreachable, or left out by --limit)"
    if now.unseen and not now.data:
        yield f"{unseen} and may hold the cluster's data: no second cluster is founded -> bring all servers up"
    elif now.unseen and now.changes():
        yield f"{unseen}: nothing is changed in a cluster that is not complete -> bring it back first"
    elif now.unseen and not now.live and len(now.members) * 2 <= len(now.servers):
        yield f"{unseen}: the others are no majority and cannot run without it -> bring it back first"
    if now.data and not now.members and not now.unseen:
        yield f"every server with data ({names(now.data)}) was removed from its cluster -> restore from a backup"
    if not now.changes():
        return
    for stranger in now.strangers():
        yield (
            f"etcd has a member {stranger} that is no server of this inventory: nothing is changed before it is"
            f" -> add it to the inventory, or remove it with 'kubectl delete node'"
        )
    for alarm in now.view()["etcd"]["alarms"]:
        yield f"etcd raises {alarm}, expected no alarm -> run the playbook defragment after NOSPACE, and this again"


def _rotation_refusals(now: Situation) -> t.Iterator[str]:
    """What keeps something from being exchanged, and from everything else what is being exchanged."""
    begun = now.marker.get("kind", "")
    # Servers that have different tokens enter and start with one of them only.
    if begun and begun != now.rotates and (upgrade.changing(now) or begun == rotation.TOKEN):
        yield (
            f"a rotation of {begun} has begun on {now.marker.get('host')} and not ended"
            f" -> end it first, with the playbook rotate and -e rotate={begun}"
        )
    if now.agent_token.begun and now.rotates != rotation.AGENT_TOKEN and upgrade.changing(now):
        yield (
            "a rotation of agent_token has not ended -> end it first, with the playbook rotate and -e"
            " rotate=agent_token"
        )
    if now.exchange is None or not now.members:
        return
    down = [host for host in now.members if host not in now.live]
    if down and not now.exchange.resumes:
        yield f"{names(down)}: takes no part in the cluster, expected all servers -> run the playbook bootstrap first"
    of_kind = {rotation.KEYS: _keys, rotation.TOKEN: _token, rotation.AGENT_TOKEN: _agent_token}
    yield from of_kind.get(now.rotates, _authority)(now)


def _token(now: Situation) -> t.Iterator[str]:
    strange = [host for host in now.members if now.token.strange(host)]
    if strange:
        yield (
            f"{names(strange)}: has, or was given, another token than the servers' former and present one -> give the"
            f" one that its file {layout.TOKEN_FILE} holds, or the former one"
        )


def _agent_token(now: Situation) -> t.Iterator[str]:
    if now.agent_token.wanted in now.agent_token.former:
        yield (
            "the agents' token that is given is a former one, which another one is taking the place of -> give the one"
            f" that {layout.AGENT_TOKEN_FILE} holds on the servers"
        )
    silent = [host for host in now.agents if host["seen"] is None]
    if silent:
        yield f"{names(silent)} did not answer, and would be shut out -> bring it back first"


def _authority(now: Situation) -> t.Iterator[str]:
    if now.rotates == rotation.AUTHORITY and now.authority.makes and now.authority.trusts_former:
        yield (
            "hosts still trust the authorities of before, and new ones would be signed by those of now"
            " -> have them dropped first, with the playbook rotate and -e rotate=former_authority"
        )
    silent = [host for host in now.agents if host["seen"] is None]
    if silent:
        yield f"{names(silent)} did not answer, and would trust nobody in the end -> bring it back first"


def _keys(now: Situation) -> t.Iterator[str]:
    for host in now.members:
        if not host["seen"]["encryption"]["keys"]:
            yield f"{host['name']}: does not encrypt Secrets, so that there is no key to rotate"
        if releases.is_older(host["seen"]["installed_version"] or KEYS_SINCE, KEYS_SINCE):
            yield f"{host['name']}: runs {host['seen']['installed_version']}, expected {KEYS_SINCE} or newer -> upgrade"
    untold = [host for host in now.members if not rotation.digest(now.nodes, host)] if now.live else []
    if untold:
        yield f"{names(untold)}: the node does not tell the digest of its keys -> read 'journalctl -u k3s' there"


def refusals(now: Situation) -> list[str]:
    """Every reason against doing anything."""
    # That of the servers has a marker, that of the agents is what is being asked for.
    exchanging = {now.marker.get("kind", "")} & {rotation.TOKEN} | {now.rotates} & {rotation.AGENT_TOKEN}
    return [
        *(text for host in now.seen for text in _host_refusals(host, exchanging)),
        *_version_refusals(now),
        *_identity_refusals(now),
        *_cluster_refusals(now),
        *upgrade.refusals(now),
        *_rotation_refusals(now),
    ]


def warnings(now: Situation) -> t.Iterator[str]:
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
        expiring = [days for days in host["seen"]["certificates"].values() if days < certificates.FEW_DAYS]
        if expiring:
            yield (
                f"{host['name']}: certificates end in {min(expiring)} days -> run the playbook rotate with"
                " -e rotate=certificates"
            )
    if now.marker and not now.rotates:
        yield (
            f"a rotation of {now.marker.get('kind')} has begun on {now.marker.get('host')} and not ended"
            f" -> go on with the playbook rotate and -e rotate={now.marker.get('kind')}"
        )
    if now.agent_token.begun and now.rotates != rotation.AGENT_TOKEN:
        yield "a rotation of agent_token has not ended -> go on with the playbook rotate and -e rotate=agent_token"
    yield from upgrade.warnings(now)
