"""A network namespace with a bridge for each site and no way out."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from lab import shell
from lab.cgroups import signal_all
from lab.errors import LabError
from lab.topology import Site

NAMESPACES = Path("/run/netns")


class Network:
    def __init__(self, name: str) -> None:
        self.name = name
        self.path = NAMESPACES / name

    def exists(self) -> bool:
        return shell.attempt("nsenter", f"--net={self.path}", "true").returncode == 0

    def enter(self, *command: shell.Argument) -> list[str]:
        """The command line that runs `command` inside; not `ip netns exec`, which hides the cgroups."""
        return ["nsenter", f"--net={self.path}", *map(str, command)]

    def run(self, *command: shell.Argument, stdin: str | None = None) -> str:
        return shell.run(*self.enter(*command), stdin=stdin)

    def ensure(self, sites: Sequence[Site]) -> None:
        if not self.exists():
            self.path.unlink(missing_ok=True)
            shell.run("ip", "netns", "add", self.name)
        self.run("ip", "link", "set", "lo", "up")
        present = {link["ifname"] for link in json.loads(self.run("ip", "-json", "link"))}
        for site in sites:
            if site.bridge not in present:
                self.run("ip", "link", "add", site.bridge, "type", "bridge", "forward_delay", "0")
            address = f"{site.controller}/{site.network.prefixlen}"
            self.run("ip", "address", "replace", address, "dev", site.bridge)
            self.run("ip", "link", "set", site.bridge, "up")
        # Joins the sites, and answers "unreachable" at once for all the rest instead of swallowing it.
        self.run("sysctl", "--quiet", "--write", "net.ipv4.ip_forward=1")

    def unplug(self, port: str) -> None:
        """The kernel would remove the interface of a killed host in its own time, and answer for it until then."""
        shell.attempt(*self.enter("ip", "link", "delete", "dev", port))

    def pids(self) -> set[int]:
        """Processes inside, but for the caller and whoever started it."""
        if not self.exists():
            return set()
        inode = self.path.stat().st_ino
        return {pid for pid in _all_pids() if _net_inode(pid) == inode} - _ancestors()

    def remove(self) -> None:
        """Ends what still runs inside (SSH masters, shells), then takes the namespace away."""
        deadline = time.monotonic() + 10
        while pids := self.pids():
            if time.monotonic() > deadline:
                raise LabError(f"processes {sorted(pids)} do not leave the lab's network", "end them by hand")
            signal_all(pids, signal.SIGKILL)
            time.sleep(0.05)
        if self.path.exists():
            shell.attempt("ip", "netns", "delete", self.name)
            self.path.unlink(missing_ok=True)


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _net_inode(pid: int) -> int | None:
    try:
        return Path(f"/proc/{pid}/ns/net").stat().st_ino
    except OSError:
        return None


def _ancestors() -> set[int]:
    pids, pid = set(), os.getpid()
    while pid > 1:
        pids.add(pid)
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return pids
