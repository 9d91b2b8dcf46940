"""Keys, known hosts and readiness: SSH to the hosts as root, with a key only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from lab import shell
from lab.network import Network
from lab.topology import Host


class Ssh:
    def __init__(self, directory: Path, network: Network) -> None:
        self.directory = directory
        self.network = network
        self.key = directory / "id_ed25519"
        self.known_hosts = directory / "known_hosts"

    def ensure(self, hosts: Sequence[Host]) -> None:
        """Keys are made once and outlive a wiped host."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        _keygen(self.key, "lab")
        for host in hosts:
            _keygen(self.host_key(host.name), host.name)
        public = {host: self.host_key(host.name).with_suffix(".pub").read_text() for host in hosts}
        self.known_hosts.write_text("".join(f"{host.address},{host.name} {key}" for host, key in public.items()))

    def public_key(self) -> Path:
        return self.key.with_suffix(".pub")

    def host_key(self, name: str) -> Path:
        return self.directory / f"host_{name}"

    def options(self) -> list[str]:
        options = {
            "UserKnownHostsFile": self.known_hosts,
            "StrictHostKeyChecking": "yes",
            "IdentitiesOnly": "yes",
            "ServerAliveInterval": "5",
            "ControlMaster": "auto",
            "ControlPersist": "120s",
            # %h and not %C: a socket's path has 108 bytes at most.
            "ControlPath": self.directory / "%h",
        }
        return [word for key, value in options.items() for word in ("-o", f"{key}={value}")]

    def command(self, host: Host, *remote: str, extra: Iterable[str] = ()) -> list[str]:
        """The command line, run from inside the lab's network."""
        ssh = ["ssh", "-F", "none", "-i", str(self.key), *self.options(), *extra, f"root@{host.address}"]
        return self.network.enter(*ssh, *(["--", *remote] if remote else []))

    def ready(self, host: Host) -> bool:
        # A connection of its own: a master's might belong to the host as it was before its power went.
        fresh = ["-o", "ControlPath=none", "-o", "ConnectTimeout=2", "-o", "BatchMode=yes"]
        ssh = ["ssh", "-F", "none", "-i", str(self.key), *fresh, *self.options()]
        return shell.attempt(*self.network.enter(*ssh, f"root@{host.address}", "--", "true")).returncode == 0

    def wait(self, host: Host, alive: Callable[[], bool], patience: float = 120.0) -> bool:
        deadline = time.monotonic() + patience
        while not self.ready(host):
            if time.monotonic() > deadline or not alive():
                return False
            time.sleep(0.1)
        return True

    def forget(self, host: Host) -> None:
        """Ends the master of a host that is about to go: it would keep the next connection waiting."""
        if (self.directory / str(host.address)).exists():
            shell.attempt(*self.command(host, extra=["-O", "exit"]))


def _keygen(file: Path, comment: str) -> None:
    if not file.with_suffix(".pub").exists():
        file.unlink(missing_ok=True)
        shell.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file)
