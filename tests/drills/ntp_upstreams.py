"""Time servers outside of the site: a real chronyd, or one that lies, at free addresses of the lab's bridge."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cluster import TREE, lab

from lab import debian, settings

CONTROLLER = "198.51.100.1"
ADDRESSES = ("198.51.100.101", "198.51.100.102", "198.51.100.103")
LIAR = "198.51.100.104"
STRATUM = 3


@contextmanager
def addresses(*wanted: str) -> Iterator[None]:
    """Have the controller's end of the bridge answer for more addresses than its own."""
    links = json.loads(lab("exec", "--", "ip", "-json", "address", "show", "to", CONTROLLER).stdout)
    device = next(link["ifname"] for link in links if link)
    for address in wanted:
        lab("exec", "--", "ip", "address", "replace", f"{address}/32", "dev", device)
    try:
        yield
    finally:
        for address in wanted:
            lab("exec", "--", "ip", "address", "del", f"{address}/32", "dev", device, check=False)


@contextmanager
def inside(*command: str | Path) -> Iterator[None]:
    """Run a program inside the lab's network; it dies with this process."""
    run = [sys.executable, "-m", "lab", "exec", "--", *debian.DIE_WITH_PARENT, *map(str, command)]
    process = subprocess.Popen(run, cwd=TREE, stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def honest(directory: Path) -> Iterator[None]:
    """Serve the machine's own time, which is that of all hosts of the lab, at each of C(ADDRESSES)."""
    tree = debian.tree(settings.from_environment().cache, "trixie", ("chrony",))
    with ExitStack() as stack:
        for address in ADDRESSES:
            config = configure(directory / address, address)
            chronyd = debian.program(tree, "usr/sbin/chronyd")
            stack.enter_context(inside(*chronyd, "-x", "-d", "-L", "2", "-U", "-u", "root", "-f", config))
        yield


def configure(directory: Path, address: str) -> Path:
    """Write the configuration of a chronyd that asks nobody."""
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    files = {"pidfile": "pid", "driftfile": "drift", "bindcmdaddress": "socket"}
    lines = [f"bindaddress {address}", f"local stratum {STRATUM}", "allow all", "cmdport 0"]
    lines += [f"{option} {directory / name}" for option, name in files.items()]
    config = directory / "chrony.conf"
    config.write_text("".join(f"{line}\n" for line in lines))
    return config


@contextmanager
def lying(seconds: float) -> Iterator[None]:
    """Serve at C(LIAR) a time that is wrong."""
    with inside(sys.executable, TREE / "tests/drills/ntp.py", "serve", LIAR, str(seconds)):
        yield
