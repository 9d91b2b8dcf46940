# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keeps a cluster from another version, beside what keeps it from any change."""

from __future__ import annotations

import typing as t

from . import certificates, layout, releases
from .situation import Host, Situation, rotates, upgrades

MEBIBYTE = 1 << 20
# A member of etcd 3.6 takes learners that 3.5 left half-way for voters (k3s #13271); 3.5.26 mends them first.
ETCD_36_SINCE = "v1.34"
ETCD_FLOOR = "3.5.26"
# Minor versions that a kubelet may be older than an API server, by Kubernetes' version skew policy.
KUBELET_LAG = 3
# Gardener's minor -> oldest and newest minor of Kubernetes that it runs on, which no patch level of it has changed:
# SupportedVersions in pkg/utils/validation/kubernetesversion of its releases v1.130.0 to v1.149.3.
GARDENER = {
    **dict.fromkeys((130, 131), (29, 33)),
    132: (29, 34),
    **dict.fromkeys((133, 134, 135), (30, 34)),
    **dict.fromkeys((136, 137, 138, 139, 140), (30, 35)),
    141: (31, 35),
    **dict.fromkeys((142, 143, 144), (32, 35)),
    **dict.fromkeys((145, 146, 147, 148, 149), (32, 36)),
}


def refusals(now: Situation) -> t.Iterator[str]:
    """The reasons against an upgrade, for a cluster that is to have one."""
    yield from _unfit(now)
    if not now.upgrading and not agents(now):
        return
    for host in now.seen:
        yield from _version(now, host)
        if host in now.servers:
            yield from _server(host)
        node = now.nodes.get(host["name"])
        if node and node["pressure"]:
            yield f"{host['name']}: {', '.join(node['pressure'])}, expected none -> see 'kubectl describe node' first"
    if now.upgrading:
        yield from _kubelets(now)
    yield from _gardener(now)


def changing(now: Situation) -> bool:
    """Whether what runs is to be changed, as bootstrap never does."""
    return any(
        upgrades(host) or host["settings"]["certificate_days"] > 0 or rotates(host) or host["settings"]["maintenance"]
        for host in now.seen
    )


def _unfit(now: Situation) -> t.Iterator[str]:
    """Why a run that is to change what runs finds a cluster that it must not touch: only bootstrap asks for backups."""
    if not changing(now):
        return
    for host in now.fresh:
        yield (
            f"{host['name']}: has no data; a server enters by the playbook bootstrap, with the version that the others"
            " run, or restore where all are lost -> run that first"
        )
    if not now.live:
        for host in now.members:
            present, wanted = host["seen"]["installed_version"], host["settings"]["version"]
            if upgrades(host) and present and not releases.same_minor(present, wanted):
                yield (
                    f"{host['name']}: has {present}, the inventory asks for {wanted}, and no server runs"
                    f" -> ask for {present} or another patch level of it first"
                )


def agents(now: Situation) -> list[Host]:
    """The agents whose turn comes; none while there is nobody to ask for their nodes."""
    if not now.live:
        return []
    known = [host for host in now.agents if host["seen"] is not None and host["seen"]["node_password"]]
    return [host for host in known if upgrades(host) and now.behind(host)]


def warnings(now: Situation) -> t.Iterator[str]:
    version = now.view()["api"].get("gardener", "")
    if version and _supported(version) is None:
        yield (
            f"Gardener {version} runs here, and which versions of Kubernetes it supports is not known"
            " -> look it up before you change this one's"
        )


def _version(now: Situation, host: Host) -> t.Iterator[str]:
    wanted = host["settings"]["version"]
    for present in sorted({host["seen"]["installed_version"], now.runs(host)} - {"", wanted}):
        if releases.is_older(wanted, present):
            yield (
                f"{host['name']}: has {present}, the inventory asks for {wanted}: a datastore of a newer version can't"
                f" be read by an older one -> ask for {present}, or restore a set from before"
            )
        elif host["role"] == "server" and releases.skips_minor(present, wanted):
            major, minor = releases.numbers(present)[:2]
            yield (
                f"{host['name']}: has {present}, the inventory asks for {wanted}, expected at most the next minor"
                f" version -> upgrade to v{major}.{minor + 1} first"
            )


def _kubelets(now: Situation) -> t.Iterator[str]:
    """Nodes that stay behind until all servers are new, whether the inventory has them or not."""
    wanted = max((host["settings"]["version"] for host in now.upgrading), key=releases.numbers)
    servers = [host["name"] for host in now.servers]
    for name, node in sorted(now.nodes.items()):
        if name not in servers and node["version"] and releases.lags(node["version"], wanted, KUBELET_LAG):
            yield (
                f"{name}: runs {node['version']}, the servers are to have {wanted}, expected a kubelet that is at most"
                f" {KUBELET_LAG} minor versions older -> take it out with the playbook remove_node first; it enters"
                " anew with the playbook add_node"
            )


def _server(host: Host) -> t.Iterator[str]:
    name, seen, wanted = host["name"], host["seen"], host["settings"]["version"]
    etcd = seen["etcd"].get("version", "")
    if etcd and releases.is_older(etcd, ETCD_FLOOR) and not releases.is_older(wanted, ETCD_36_SINCE):
        yield (
            f"{name}: runs etcd {etcd}, expected {ETCD_FLOOR} or newer before {wanted} brings etcd 3.6"
            " -> upgrade to the newest v1.33 first"
        )
    needed, free = 2 * seen["datastore_bytes"], seen["system"]["free_bytes"].get(layout.DATA_DIR, 0)
    if free < needed:
        yield (
            f"{name}: {free // MEBIBYTE} MiB free for {layout.DATA_DIR}, expected {needed // MEBIBYTE}, twice etcd's"
            " database -> free space there"
        )
    expiring = [days for days in seen["certificates"].values() if days < certificates.FEW_DAYS]
    if expiring:
        yield (
            f"{name}: certificates end in {min(expiring)} days, expected {certificates.FEW_DAYS} or more"
            " -> run the playbook rotate with -e rotate=certificates"
        )


def _supported(gardener: str) -> tuple[int, int] | None:
    return GARDENER.get(releases.numbers(gardener)[1]) if releases.numbers(gardener)[1:] else None


def _gardener(now: Situation) -> t.Iterator[str]:
    version = now.view()["api"].get("gardener", "")
    supported = _supported(version) if version else None
    if supported is None:
        return
    oldest, newest = supported
    for wanted in sorted({host["settings"]["version"] for host in now.servers if host["seen"]}):
        if not oldest <= releases.numbers(wanted)[1] <= newest:
            yield (
                f"Gardener {version} runs here and supports Kubernetes v1.{oldest} to v1.{newest}, the inventory asks"
                f" for {wanted} -> upgrade Gardener first"
            )
