"""One lab: its hosts, its network, its state on disk and the lock that lets one verb change it at a time."""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from lab import image, topology
from lab.errors import LabError
from lab.host import Machine
from lab.network import Network
from lab.settings import Settings
from lab.ssh import Ssh
from lab.topology import Host

Result = TypeVar("Result")


@dataclass(frozen=True)
class Record:
    """What `up` decided and later verbs go by, even if the recipe of the base tree has changed since."""

    hosts: tuple[Host, ...]
    base: Path

    @classmethod
    def read(cls, settings: Settings) -> Record | None:
        file = settings.state / "lab.json"
        if not file.exists():
            return None
        content = json.loads(file.read_text())
        return cls(tuple(topology.host(name) for name in content["hosts"]), Path(content["base"]))

    def without(self, gone: Collection[Host]) -> Record:
        return Record(tuple(host for host in self.hosts if host not in gone), self.base)

    def write(self, settings: Settings) -> None:
        replacement = settings.state / "lab.json.new"
        replacement.write_text(json.dumps({"hosts": [host.name for host in self.hosts], "base": str(self.base)}))
        replacement.rename(settings.state / "lab.json")


class Lab:
    def __init__(self, settings: Settings, record: Record) -> None:
        self.settings = settings
        self.record = record
        self.hosts = record.hosts
        self.network = Network(settings.netns)
        self.ssh = Ssh(settings.state / "ssh", self.network)
        self.machines = {
            host.name: Machine(host, settings, self.network, self.ssh, record.base) for host in record.hosts
        }

    @classmethod
    def existing(cls, settings: Settings) -> Lab:
        record = Record.read(settings)
        if not record:
            raise LabError(f"lab {settings.name!r} is not up", "start it with `lab up`")
        return cls(settings, record)

    @classmethod
    def wanted(cls, settings: Settings) -> Lab:
        """What is there stays: a longer LAB_HOSTS adds hosts, a shorter one takes none away."""
        known = Record.read(settings)
        if not known:
            return cls(
                settings, Record(topology.parse_hosts(settings.hosts), image.path(settings.cache, settings.minimal))
            )
        asked = topology.parse_hosts(settings.hosts) if settings.hosts else ()
        return cls(settings, Record(topology.merge([*known.hosts, *asked]), known.base))

    def pick(self, names: Sequence[str], everyone: bool = False) -> list[Machine]:
        if everyone:
            return list(self.machines.values())
        for name in names:
            if name not in self.machines:
                raise LabError(f"{name} is not a host of this lab", f"it has {', '.join(self.machines)}")
        if not names:
            raise LabError("no host given", f"name one of {', '.join(self.machines)}, or --all")
        return [self.machines[name] for name in names]


@contextmanager
def lock(settings: Settings) -> Iterator[None]:
    """On the state directory itself, so that nothing remains of it; whoever waited while it was removed tries again."""
    descriptor = -1
    while descriptor < 0:
        settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(settings.state, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another command on lab {settings.name!r} …", file=sys.stderr)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not settings.state.exists() or os.fstat(descriptor).st_ino != settings.state.stat().st_ino:
            os.close(descriptor)
            descriptor = -1
    try:
        yield
    finally:
        os.close(descriptor)
        for directory in (settings.state, settings.state.parent):
            with suppress(OSError):
                directory.rmdir()


def in_parallel(work: Callable[[Machine], Result], machines: Sequence[Machine]) -> list[Result]:
    """For all at once; the first error is raised once all have ended."""
    with ThreadPoolExecutor(max_workers=max(1, len(machines))) as pool:
        return list(pool.map(work, machines))
