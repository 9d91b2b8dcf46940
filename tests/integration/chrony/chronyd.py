"""Real chronyd on loopback addresses: Debian's own packages of three releases, run out of trees in the cache.

They do not touch the clock (`-x`), so that all of them share this machine's: offsets are near zero unless a source is
given one (`offset`, chrony.conf(5)).
"""

from __future__ import annotations

import shlex
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from lab import debian

RELEASES = ("bookworm", "trixie", "forky")
PACKAGES = ("chrony",)
PORT = 11123
START_SECONDS = 10.0


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


def put_client(tree: Path, directory: Path) -> None:
    """A `chronyc` that a PATH can hold."""
    directory.mkdir(parents=True, exist_ok=True)
    script = directory / "chronyc"
    command = debian.program(tree, "usr/bin/chronyc")
    if tree.name.startswith("forky"):
        command += ["-u", "root"]  # 4.9 gives up root's rights for those of a user that its package makes
    script.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    script.chmod(0o755)
