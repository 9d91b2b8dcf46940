"""What the machine must have before a lab can start. Decisions are pure; `check` gathers what they need."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Interface
from pathlib import Path

from lab import shell
from lab.errors import LabError
from lab.progress import Progress
from lab.topology import SITES, Site

GIB = 1 << 30
DISK_BASE, DISK_HOST = 2 * GIB, 3 * GIB
MEMORY_HOST = 5 * GIB // 4

PACKAGE_OF = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "nft": "nftables",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "flock": "util-linux",
    "mount": "mount",
    "sysctl": "procps",
    "modprobe": "kmod",
}
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

# Loaded by the machine, since a host cannot; those built into the kernel need no loading.
MODULES = ("overlay", "bridge", "veth", "br_netfilter", "nf_conntrack", "vxlan", "ip_tables", "ip6_tables", "nf_tables")

# Each host's systemd, kubelet and containerd count against root's share; Debian's default suits one.
INOTIFY = {"fs.inotify.max_user_instances": 1024, "fs.inotify.max_user_watches": 524288}


@dataclass(frozen=True)
class Resources:
    disk_free: int
    memory_free: int
    file_system: str


def missing_packages(found: Mapping[str, bool]) -> list[str]:
    return sorted({PACKAGE_OF[command] for command, there in found.items() if not there})


def shortage(resources: Resources, hosts_to_start: int) -> LabError | None:
    disk = DISK_BASE + DISK_HOST * hosts_to_start if hosts_to_start else 0
    memory = MEMORY_HOST * hosts_to_start
    if resources.file_system in ("overlay", "nfs", "nfs4"):
        return LabError(
            f"the lab's state would be on {resources.file_system}, where hosts cannot keep overlays",
            "set LAB_STATE to a directory on a local disk",
        )
    if resources.disk_free < disk:
        return LabError(
            f"{_gib(resources.disk_free)} of disk are free, {hosts_to_start} hosts need {_gib(disk)}",
            "free some, or set LAB_STATE to a directory on a larger disk",
        )
    if resources.memory_free < memory:
        return LabError(
            f"{_gib(resources.memory_free)} of memory are free, {hosts_to_start} hosts need {_gib(memory)}",
            "stop something, or start fewer hosts (LAB_HOSTS=1)",
        )
    return None


def address_conflict(addresses: Iterable[tuple[str, str]], sites: Iterable[Site]) -> LabError | None:
    """Pure: (interface, address/prefix) of the machine against the lab's networks."""
    networks = [site.network for site in sites]
    for interface, cidr in addresses:
        for network in networks:
            if IPv4Interface(cidr).network.overlaps(network):
                return LabError(
                    f"{interface} of this machine has {cidr}, which the lab's {network} would hide",
                    "remove that address from the machine",
                )
    return None


def check_root() -> None:
    if os.geteuid() != 0:
        raise LabError("the lab makes namespaces, mounts and cgroups", "run it as root (sudo)")


def check(state: Path, sites: Iterable[Site], hosts_to_start: int) -> None:
    if sys.platform != "linux":
        raise LabError(f"the lab needs Linux, this is {sys.platform}", "use a Debian machine")
    install_missing()
    shell.attempt("modprobe", "--all", "--quiet", *MODULES)
    if "overlay" not in Path("/proc/filesystems").read_text().split():
        raise LabError("this kernel has no overlayfs", "use a kernel that has, such as Debian's")
    for problem in (address_conflict(_addresses(), sites), shortage(_resources(state), hosts_to_start)):
        if problem:
            raise problem
    _raise_inotify()


def install_missing() -> None:
    """Have Debian's packages of the programs that the lab and the tests of daemons call."""
    found = {command: bool(shutil.which(command)) for command in PACKAGE_OF}
    packages = missing_packages(found)
    if not Path(KEYRING).exists():
        packages.append("debian-archive-keyring")
    if not packages:
        return
    if not shutil.which("apt-get"):
        raise LabError(f"missing: {', '.join(packages)}", "install them; only on Debian can the lab do so itself")
    progress = Progress(f"installing Debian packages this machine lacks: {', '.join(packages)}")
    shell.run("apt-get", "update", "--quiet")
    shell.run("env", "DEBIAN_FRONTEND=noninteractive", *_APT_INSTALL, *packages)
    progress.done()


_APT_INSTALL = ("apt-get", "install", "--quiet", "--yes", "--no-install-recommends")


def _addresses() -> list[tuple[str, str]]:
    """Without the bridges of a lab: the caller may be inside one's network."""
    links = json.loads(shell.run("ip", "-json", "-4", "address"))
    bridges = {site.bridge for site in SITES}
    return [
        (link["ifname"], f"{address['local']}/{address['prefixlen']}")
        for link in links
        if link["ifname"] not in bridges
        for address in link["addr_info"]
    ]


def _resources(state: Path) -> Resources:
    there = next(path for path in (state, *state.parents) if path.exists())
    memory = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return Resources(
        disk_free=shutil.disk_usage(there).free,
        memory_free=int(memory["MemAvailable"].split()[0]) * 1024,
        file_system=shell.run("findmnt", "--noheadings", "--output", "FSTYPE", "--target", there).split()[-1],
    )


def _raise_inotify() -> None:
    for key, wanted in INOTIFY.items():
        if int(shell.run("sysctl", "--values", key)) < wanted:
            print(f"raising this machine's {key} to {wanted} until it restarts", file=sys.stderr)
            shell.run("sysctl", "--quiet", "--write", f"{key}={wanted}")


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"
