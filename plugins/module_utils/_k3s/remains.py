# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What k3s leaves on a host when it is stopped, picked from what the host lists. No input or output in here."""

from __future__ import annotations

import typing as t

MOUNTS = ("/run/k3s/", "/var/lib/rancher/k3s/", "/var/lib/kubelet/", "/run/netns/cni-")
LINKS = ("cni0", "flannel.1", "flannel-v6.1", "flannel-wg", "flannel-wg-v6", "kube-ipvs0")
BRIDGE = "cni0"
SHIM_SOCKET = "/run/k3s/containerd/"
RULES = ("KUBE-", "CNI-", "FLANNEL", "flannel")


class Process(t.NamedTuple):
    pid: int
    parent: int
    command: str


def doomed(processes: list[Process]) -> list[int]:
    """Container shims of this containerd and everything below them, parents first."""
    children: dict[int, list[int]] = {}
    for process in processes:
        children.setdefault(process.parent, []).append(process.pid)
    queue = sorted(
        process.pid for process in processes if "containerd-shim" in process.command and SHIM_SOCKET in process.command
    )
    for pid in queue:
        queue.extend(child for child in sorted(children.get(pid, [])) if child not in queue)
    return queue


def mounts(mountinfo: str) -> list[str]:
    """Mount points of k3s, kubelet and pod networks, the innermost first."""
    points = [line.split()[4].replace("\\040", " ") for line in mountinfo.splitlines() if len(line.split()) > 4]
    return sorted((point for point in points if point.startswith(MOUNTS)), reverse=True)


def links(shown: list[dict[str, t.Any]]) -> list[str]:
    """Network links of the pods' network; the ones on the bridge before the bridge."""
    ports = [link["ifname"] for link in shown if link.get("master") == BRIDGE]
    return sorted(ports) + [link["ifname"] for link in shown if link["ifname"] in LINKS]


def without_rules(saved: str) -> str:
    """iptables-save's text without the chains and rules of kube-proxy and the pods' network."""
    return "".join(line for line in saved.splitlines(keepends=True) if not any(mark in line for mark in RULES))
