"""Pods' network: Debian's bridge plugin on each node, host routes between them."""

from __future__ import annotations

import json
import logging
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .paths import write

CNI_BINARIES = Path("/usr/lib/cni")
PROTOCOL = "90"  # marks our routes, so that stale ones are known as ours
SYSCTLS = {"ipv4/ip_forward": "1", "bridge/bridge-nf-call-iptables": "1"}


def prepare(cluster_cidr: str) -> None:
    for name, value in SYSCTLS.items():
        setting = Path("/proc/sys/net") / name
        if not setting.exists():
            logging.warning("no %s: pods may not reach services on their own node", setting)
        elif setting.read_text().strip() != value:
            setting.write_text(value)
    rule = ["-s", cluster_cidr, "!", "-d", cluster_cidr, "-m", "comment", "--comment", "k3s stand-in", "-j",
            "MASQUERADE"]  # fmt: skip
    chain = ["iptables", "-w", "-t", "nat"]
    if subprocess.run([*chain, "-C", "POSTROUTING", *rule], capture_output=True, check=False).returncode:
        subprocess.run([*chain, "-A", "POSTROUTING", *rule], check=True)


def cni_config(pod_cidr: str) -> str:
    bridge = {
        "type": "bridge", "bridge": "cni0", "isGateway": True, "hairpinMode": True,
        "ipam": {"type": "host-local", "ranges": [[{"subnet": pod_cidr}]], "routes": [{"dst": "0.0.0.0/0"}]},
    }  # fmt: skip
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return json.dumps({"cniVersion": "1.0.0", "name": "cbr0", "plugins": [bridge, ports]})


def configure(directory: Path, pod_cidr: str) -> None:
    target = directory / "10-bridge.conflist"
    wanted = cni_config(pod_cidr)
    if not target.exists() or target.read_text() != wanted:
        subprocess.run(["ip", "link", "delete", "cni0"], capture_output=True, check=False)  # had another range
        write(target, wanted)


def wanted_routes(nodes: Iterable[dict[str, Any]], own: str) -> dict[str, str]:
    """Pod range -> address of the node that has it, for every other node."""
    routes = {}
    for node in nodes:
        addresses = [a["address"] for a in node["status"].get("addresses", []) if a["type"] == "InternalIP"]
        cidr = node["spec"].get("podCIDR")
        if node["metadata"]["name"] != own and cidr and addresses:
            routes[cidr] = addresses[0]
    return routes


class Routes:
    def __init__(self) -> None:
        listed = subprocess.run(
            ["ip", "-j", "route", "show", "proto", PROTOCOL], capture_output=True, text=True, check=True
        ).stdout
        self._present = {route["dst"]: route.get("gateway", "") for route in json.loads(listed or "[]")}

    def set(self, wanted: dict[str, str]) -> None:
        for cidr in self._present.keys() - wanted.keys():
            subprocess.run(["ip", "route", "del", cidr, "proto", PROTOCOL], capture_output=True, check=False)
            del self._present[cidr]
        for cidr, gateway in wanted.items():
            if self._present.get(cidr) == gateway:
                continue
            command = ["ip", "route", "replace", cidr, "via", gateway, "proto", PROTOCOL]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                self._present[cidr] = gateway
            else:  # a kwok node's address, say, that no host of ours has
                logging.debug("no route to %s by %s: %s", cidr, gateway, done.stderr.strip())
