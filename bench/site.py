"""Runs of the production playbooks, timed, and what they left on the hosts."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
VIP = "198.51.100.10"
SERVERS = ("server1", "server2", "server3")


@dataclass
class Timed:
    """Seconds of a run, what it printed and its exit status."""

    seconds: float
    output: str
    status: int = 0

    def phases(self) -> list[str]:
        """Return the table of the phases as the run printed it."""
        found = re.search(r"^PHASES \*+\n(.*?)(?:\n\n|\Z)", self.output, re.MULTILINE | re.DOTALL)
        return found.group(1).splitlines() if found else []

    def seconds_of(self, *phases: str) -> float:
        """Return the seconds of the phases whose names begin so."""
        return sum(float(row.split()[1]) for row in self.phases() if row.startswith(phases))

    def changed(self) -> int:
        """Return how many results were changes, over all hosts."""
        return sum(int(count) for count in re.findall(r"^\S+ +: ok=\d+ +changed=(\d+)", self.output, re.MULTILINE))

    def tasks(self) -> int:
        """Return how many tasks began."""
        return len(re.findall(r"^TASK \[", self.output, re.MULTILINE))


def timed(*command: str, cwd: Path = TREE, check: bool = True) -> Timed:
    """Run a command and return its seconds and output; one that fails shows its end."""
    begin = time.monotonic()
    done = subprocess.run(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - begin
    if check and done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-4000:]}")
    return Timed(seconds, done.stdout, done.returncode)


def lab(*arguments: str) -> str:
    """Run a verb of the lab and return what it printed."""
    return timed(sys.executable, "-m", "lab", *arguments).output


def on(host: str, command: str) -> float:
    """Return the seconds that a command takes on a host, the login included."""
    return timed(sys.executable, "-m", "lab", "ssh", host, "--", command).seconds


def play(playbook: str, *arguments: str, check: bool = True) -> Timed:
    """Run one of our playbooks on the lab."""
    tool = str(Path(sys.executable).parent / "ansible-playbook")
    return timed(
        sys.executable,
        "-m",
        "lab",
        "exec",
        "--",
        tool,
        "-i",
        "inventories/lab",
        f"playbooks/{playbook}.yml",
        *arguments,
        check=check,
    )


def refused(words: str, playbook: str, *arguments: str) -> Timed:
    """Run one that has to refuse in these words, with nothing changed: a time counts for no other end."""
    run = play(playbook, *arguments, check=False)
    if not run.status or run.changed() or words not in " ".join(run.output.split()):
        raise SystemExit(f"{playbook} did not refuse as it should ({words}):\n{run.output[-4000:]}")
    return run


def assert_cluster() -> None:
    """Assert the state that every way of building the cluster has to end in."""
    timed(
        sys.executable,
        "-m",
        "lab",
        "exec",
        "--",
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/hosts",
    )


def restarts() -> dict[str, str]:
    """Return when k3s was started last on each server."""
    show = "systemctl show -p ActiveEnterTimestampMonotonic --value k3s.service"
    return {host: lab("ssh", host, "--", show).strip() for host in SERVERS}
