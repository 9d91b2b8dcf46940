"""A pod without a container runtime: a network of its own, and for each container a tree of Debian with its volumes.

Its processes are the image's: the sidecar, PostgreSQL, Valkey. There are no init containers and no probes, and all
containers have one image.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import containers

from lab import debian

TREE = Path(__file__).resolve().parents[3]
BINARY = os.environ.get("LAB_BRS_BINARY", "")
SIDECAR = "backup-restore-sidecar"
# What the tree has, which the image would have.
PACKAGES = ("postgresql-17", "valkey-server", "python3-boto3", "python3-cryptography", "python3-yaml")
OWN = Path(__file__).parent
IMAGE = {
    OWN / "docker-entrypoint.sh": "/usr/local/bin/docker-entrypoint.sh",
    Path(BINARY or OWN / SIDECAR): f"/usr/local/bin/{SIDECAR}",
    TREE / "lab": "/project/lab",
}
GRACE_SECONDS = 12
_NUMBERS = itertools.count(1)


class Network:
    """One that sees that of the test, over a link of its own, and has a loopback of its own."""

    def __init__(self) -> None:
        number = next(_NUMBERS)
        ours, theirs = (f"198.18.{number // 60}.{number % 60 * 4 + end}" for end in (1, 2))
        holding = "ip link set lo up; echo; exec sleep infinity"
        self._holder = subprocess.Popen(
            [*debian.DIE_WITH_PARENT, "unshare", "--net", "sh", "-c", holding], stdout=subprocess.PIPE
        )
        assert self._holder.stdout
        self._holder.stdout.readline()
        pid = str(self._holder.pid)
        self.enter = ["nsenter", f"--net=/proc/{pid}/ns/net"]
        link = f"pod{number}"
        for command in (
            ["ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", pid],
            ["ip", "address", "add", f"{ours}/30", "dev", link],
            ["ip", "link", "set", link, "up"],
            [*self.enter, "ip", "address", "add", f"{theirs}/30", "dev", "eth0"],
            [*self.enter, "ip", "link", "set", "eth0", "up"],
            [*self.enter, "ip", "route", "add", "default", "via", ours],
        ):
            subprocess.run(command, check=True)

    def end(self) -> None:
        self._holder.kill()
        self._holder.communicate()


class Container:
    """One of a pod, which is started anew when it ends. volumes: by the place where each is mounted."""

    def __init__(
        self,
        network: Network,
        tree: Path,
        home: Path,
        command: Sequence[str],
        environment: Mapping[str, str],
        volumes: Mapping[str, Path],
    ) -> None:
        self._network, self._tree, self._home, self._command = network, tree, home, command
        self._environment, self._volumes = environment, volumes
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = 0.0
        self.restarts = self._began = 0
        home.mkdir(parents=True)
        self._log = home / "log"

    @property
    def log(self) -> str:
        """What it has said so far; nothing until it starts."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    @property
    def previous(self) -> str:
        """What it had said when it last ended."""
        return self.log.encode()[: self._began].decode(errors="replace")

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, command: Sequence[str], **more: Any) -> subprocess.Popen[bytes]:
        """A command in it, beside what it runs."""
        root = tempfile.mkdtemp(dir=self._home)
        binds = [str(part) for pair in IMAGE.items() for part in pair]
        binds += [str(part) for place, volume in self._volumes.items() for part in (volume, place)]
        apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "env", "--default-signal=INT,TERM"]
        sandbox = [*apart, "sh", str(containers.SANDBOX), root, str(self._tree), *binds, "--"]
        return subprocess.Popen(
            # The working directory of Valkey's image.
            [*debian.DIE_WITH_PARENT, *self._network.enter, *sandbox, "env", "--chdir=/data", *command],
            env={"PATH": f"{containers.PATH}:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", **self._environment},
            **{"stdin": subprocess.DEVNULL, **more},
        )

    def run(self, *command: str, given: bytes = b"", succeeds: bool = True) -> str:
        process = self.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        output = process.communicate(given, timeout=120)[0].decode()
        assert (process.returncode == 0) is succeeds, output
        return output

    def keep_running(self) -> None:
        """Start it, or start it anew a second after it has ended."""
        if self.running:
            return
        if self._process is not None:
            self._ended = self._ended or time.monotonic()
            if time.monotonic() - self._ended < 1:
                return
            self.restarts += 1
            self._ended = 0.0
        with self._log.open("ab") as log:
            self._began = log.tell()
            self._process = self.start(self._command, stdout=log, stderr=log)

    def first(self) -> int:
        """Its process 1 as this machine has it; 0 while there is none."""
        if not self.running:
            return 0
        assert self._process
        below = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        return int(below[0]) if below else 0

    def tell(self, how: signal.Signals) -> None:
        """Send a signal to its process 1."""
        if first := self.first():
            with contextlib.suppress(ProcessLookupError):
                os.kill(first, how)

    def kill(self) -> None:
        """End all that runs in it; it is started anew."""
        self.tell(signal.SIGKILL)
        if self._process:
            self._process.wait()

    def wait(self, end: float) -> None:
        while self.running and time.monotonic() < end:
            time.sleep(0.05)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Nothing in it goes on, as on a node that hangs."""
        found = descendants(self.first())
        for one in found:
            os.kill(one, signal.SIGSTOP)
        try:
            yield
        finally:
            for one in found:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one, signal.SIGCONT)


class Pod:
    """uid: the object's. config: the sidecar's configuration as it was when the pod was started."""

    def __init__(self, uid: str) -> None:
        self.uid, self.network = uid, Network()
        self.containers: dict[str, Container] = {}
        self.config: dict[str, Any] = {}

    def stop(self, grace: float = GRACE_SECONDS) -> None:
        for one in self.containers.values():
            one.tell(signal.SIGTERM)
        end = time.monotonic() + grace
        for one in self.containers.values():
            one.wait(end)
            one.kill()
        self.network.end()


def descendants(process: int) -> list[int]:
    """It, and all that it has started, from above to below."""
    found = [process] if process else []
    for one in found:
        with contextlib.suppress(OSError):
            found += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
    return found
