"""Real chronyd on loopback addresses: Debian's own packages of three releases, run out of trees in the cache.

They do not touch the clock (`-x`), so that all of them share this machine's: offsets are near zero unless a source is
given one (`offset`, chrony.conf(5)).
"""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import debian

RELEASES = ("bookworm", "trixie", "forky")
PACKAGES = ("chrony",)
PORT = 11123
NTS_PORT = 11460
START_SECONDS = 10.0
FAST = ("iburst", "minpoll", "0", "maxpoll", "0", "port", str(PORT))


@dataclass
class Daemon:
    """One chronyd at an address of its own; it dies with the process that started it."""

    tree: Path
    directory: Path
    address: str
    config: tuple[str, ...] = ()

    @property
    def socket(self) -> Path:
        return self.directory / "chronyd.sock"

    @property
    def sources(self) -> Path:
        return self.directory / "sources.d" / "site.sources"

    def start(self) -> Daemon:
        self.sources.parent.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        lines = [
            f"bindaddress {self.address}",
            f"bindacqaddress {self.address}",
            f"port {PORT}",
            f"ntsport {NTS_PORT}",
            # None but itself, so that nothing outlives it.
            "ntsprocesses 0",
            "allow 127.0.0.0/8",
            "cmdport 0",
            f"bindcmdaddress {self.socket}",
            f"pidfile {self.directory}/pid",
            f"driftfile {self.directory}/drift",
            f"sourcedir {self.sources.parent}",
            *self.config,
        ]
        (self.directory / "chrony.conf").write_text("".join(f"{line}\n" for line in lines))
        self._log = (self.directory / "log").open("a")
        command = [*debian.program(self.tree, "usr/sbin/chronyd"), "-x", "-d", "-U", "-u", "root"]
        command += ["-f", str(self.directory / "chrony.conf")]
        self._process = subprocess.Popen(command, stdout=self._log, stderr=self._log)
        end = time.monotonic() + START_SECONDS
        while not self.socket.is_socket():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"chronyd did not start:\n{(self.directory / 'log').read_text()}")
            time.sleep(0.02)
        return self

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self.socket.unlink(missing_ok=True)
        self._log.close()


@contextmanager
def running(*daemons: Daemon) -> Iterator[Daemon]:
    """Daemons for as long as they are needed; the first is given."""
    with ExitStack() as stack:
        for daemon in daemons:
            daemon.start()
            stack.callback(daemon.stop)
        yield daemons[0]


def given(host: Daemon, *addresses: str, **parameters: Any) -> dict[str, Any]:
    """Parameters of chrony_sources for a host with sources at these addresses."""
    sources = [{"address": address, "options": list(FAST)} for address in addresses]
    return {"path": str(host.sources), "socket": str(host.socket), "sources": sources, "timeout": 20, **parameters}


def put_client(tree: Path, directory: Path) -> None:
    """A `chronyc` that a PATH can hold."""
    directory.mkdir(parents=True, exist_ok=True)
    script = directory / "chronyc"
    command = debian.program(tree, "usr/bin/chronyc")
    if tree.name.startswith("forky"):
        command += ["-u", "root"]  # 4.9 gives up root's rights for those of a user that its package makes
    script.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    script.chmod(0o755)
