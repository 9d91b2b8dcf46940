"""A site on loopback that is monitored as the role victoria_metrics has it: its hosts, and what is done to them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ansible.utils.collection_loader import _collection_finder

from bench.site import TREE
from lab import debian

sys.path.insert(0, str(TREE / "tests" / "integration" / "victoria_metrics"))
_collection_finder._AnsibleCollectionFinder(paths=[str(TREE / ".ansible/collections")])._install()

import playing  # noqa: E402
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._pki import certificate  # noqa: E402
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import authority  # noqa: E402
from playing import PEER, READER, VERSIONS, WRITER, inputs, installed  # noqa: E402
from running import Client, Host  # noqa: E402

PORT, STORE, AGENT, INSERT, GIVES, APART = 8427, 8428, 8429, 8480, 8401, 18481
STORES = {"replicated": ("victoria-metrics.service", "store"), "cluster": ("vmstorage.service", "storage")}
AGENT_UNIT = "vmagent.service"
# On a small disk, of which the role is told to leave this much.
DISK, GUARD = "256m", "64MiB"
GUARD_BYTES = 64 << 20
MIB, PAGE = 1 << 20, 4096
START_SECONDS, PATIENT_SECONDS = 120.0, 60.0

T = TypeVar("T")


@dataclass(frozen=True)
class Kind:
    """A mode, so many hosts, and where they are if not together."""

    name: str
    mode: str
    servers: int
    locations: tuple[str, ...] = ()


class Site:
    """Use it as a context; its hosts run as long."""

    def __init__(self, kind: Kind, work: Path, tree: Path, programs: Path) -> None:
        self.kind = kind
        self._work, self._tree, self._programs = work / kind.name.replace(" ", "-"), tree, programs
        self._authority = authority.generate("bench")
        pem = certificate.authority(self._authority).pem
        self.reader, self.writer = Client(pem, "reader", READER), Client(pem, "partition-a", WRITER)
        self.hosts: list[Host] = []
        self.store, self._data = STORES[kind.mode]

    def __enter__(self) -> Site:
        self._work.mkdir()
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        for host in self.hosts:
            host.stop_all()
        shutil.rmtree(self._work, ignore_errors=True)

    def _start(self) -> None:
        names = [f"server{number}" for number in range(1, self.kind.servers + 1)]
        servers = {name: f"127.0.1.{number}" for number, name in enumerate(names, start=1)}
        locals_ = {name: f"127.0.2.{number}" for number, name in enumerate(names, start=1)}
        given = {
            "site": "bench",
            "mode": self.kind.mode,
            "servers": servers,
            "locations": dict(zip(names, self.kind.locations, strict=False)),
            "artifacts": playing.artifacts(self._programs, "v1") if self.clustered else {},
            "authority": self._authority,
            "peer_password": PEER,
            "reader_password": READER,
            "writers": {"partition-a": WRITER},
            "min_free_disk": GUARD,
        }
        wanted = {
            name: {
                **inputs({**given, "host": name}),
                **installed(VERSIONS["trixie"]),
                "place": str(self._work / name),
                "local": locals_[name],
            }
            for name in names
        }
        made, _said = playing.play(self._work, wanted, self._tree)
        for name in names:
            self.hosts.append(playing.host(name, made[name], self._tree, servers[name], locals_[name], self._authority))
        for host in self.hosts:
            host.start_all()
        up = f"count(up == 1) == {len(names) * len(made[names[0]]['jobs'])}"
        until("every store tells of every program", lambda: all(host.stored(up) for host in self.hosts), START_SECONDS)

    @property
    def clustered(self) -> bool:
        return self.kind.mode == "cluster"

    def pending(self) -> float:
        """Octets that wait for a store, in memory and on the disks of all agents."""
        return sum(total(host, AGENT, "vmagent_remotewrite_pending_data_bytes") for host in self.hosts)

    @property
    def buffer(self) -> float:
        """Octets that an agent keeps for each store, as the role has it."""
        found = re.search(
            r"-remoteWrite.maxDiskUsagePerURL=(\d+)GiB", self.hosts[0].made["units"][AGENT_UNIT]["content"]
        )
        assert found
        return float(found[1]) * 1024 * MIB

    def settled(self, seconds: float) -> bool:
        """Whether nothing waits any more, and every store is written to, within so long."""
        return lasted(lambda: self._reached() and not self.pending(), seconds) is not None

    def alike(self, question: str) -> bool:
        """Whether every store has the same to say, and something at all."""
        said = {host.stored(question) for host in self.hosts}
        return len(said) == 1 and said != {0.0}

    def _reached(self) -> bool:
        if not self.clustered:
            return True
        return all(total(host, INSERT, "vm_rpc_vmstorage_is_reachable") == len(self.hosts) for host in self.hosts)

    def data(self, host: Host) -> Path:
        return host.place / "lib/victoria-metrics" / self._data

    @contextmanager
    def by_itself(self, host: Host) -> Iterator[Callable[[str], Any]]:
        """Whoever asks the store of a host alone, though it be one of a cluster."""
        if not self.clustered:
            yield lambda path: host.own(STORE, path)
            return
        command = [
            *(*debian.DIE_WITH_PARENT, str(self._programs / "vmselect"), f"-storageNode={host.local}:{GIVES}"),
            *(f"-httpListenAddr={host.local}:{APART}", f"-cacheDataPath={host.place / 'apart'}"),
        ]
        with (host.place / "apart.log").open("ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            until("vmselect answers", lambda: bool(host.own_text(APART, "/health")), START_SECONDS)
            yield lambda path: host.own(APART, f"/select/0/prometheus{path}")
        finally:
            process.kill()
            process.wait()

    @contextmanager
    def small_disk(self, host: Host) -> Iterator[Disk]:
        """Have the store of a host on a disk that is soon full; it is gone with this program at the latest."""
        place, aside = self.data(host), host.place / "aside"
        host.stop(self.store)
        place.rename(aside)
        place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "bench", str(place)], check=True)
        try:
            shutil.copytree(aside, place, dirs_exist_ok=True)
            host.start(self.store)
            yield Disk(place)
            host.stop(self.store)
            shutil.rmtree(aside)
            shutil.copytree(place, aside, ignore=shutil.ignore_patterns(Disk.BALLAST))
        finally:
            # Lazily, should the store use it yet.
            subprocess.run(["umount", "--lazy", str(place)], check=True)
        place.rmdir()
        aside.rename(place)
        host.start(self.store)

    @contextmanager
    def cut(self, host: Host) -> Iterator[None]:
        """Have nobody reach a host; the network is this program's own."""
        rule = f"ip daddr {host.address} tcp dport {PORT} reject with tcp reset"
        text = f"table ip bench {{ chain output {{\ntype filter hook output priority 0\n{rule}\n}}\n}}\n"
        subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)
        try:
            yield
        finally:
            subprocess.run(["nft", "delete", "table", "ip", "bench"], check=True)

    def memory(self, peak: bool = False) -> dict[str, dict[str, float]]:
        """MiB of every program of every host: resident now, or at most since it was started."""
        key = "VmHWM" if peak else "VmRSS"
        return {
            host.name: {
                unit.removesuffix(".service"): resident(process.pid, key) for unit, process in host.processes.items()
            }
            for host in self.hosts
        }


@dataclass(frozen=True)
class Disk:
    place: Path

    BALLAST = "ballast"

    def fill(self, left: int) -> None:
        """Leave so many octets of it, though others write meanwhile."""
        with (self.place / self.BALLAST).open("ab") as ballast:
            piece = max(0, shutil.disk_usage(self.place).free - left)
            while piece >= PAGE:
                try:
                    os.posix_fallocate(ballast.fileno(), ballast.seek(0, os.SEEK_END), piece)
                    piece = 0 if left else shutil.disk_usage(self.place).free
                except OSError:
                    piece //= 2

    def clear(self) -> None:
        (self.place / self.BALLAST).unlink()


def total(host: Host, port: int, name: str) -> float:
    """The sum of a metric of a program over its series."""
    found = re.findall(rf"(?m)^{name}(?:{{.*}})? (\S+)$", answered(lambda: host.own_text(port, "/metrics")))
    return sum(map(float, found))


def resident(pid: int, key: str) -> float:
    text = Path(f"/proc/{pid}/status").read_text()
    found = re.search(rf"^{key}:\s+(\d+) kB$", text, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def answered(ask: Callable[[], T]) -> T:
    """The answer of somebody who may be too busy to give it at once."""
    end = time.monotonic() + PATIENT_SECONDS
    while True:
        try:
            return ask()
        except OSError:
            if time.monotonic() > end:
                raise
        time.sleep(1)


def until(what: str, condition: Callable[[], bool], seconds: float) -> float:
    """Wait for something within bounds, and return how long it took; who does not answer yet is waited for."""
    took = lasted(condition, seconds)
    if took is None:
        raise SystemExit(f"{what}: not within {seconds:.0f} s")
    return took


def lasted(condition: Callable[[], bool], seconds: float) -> float | None:
    """How long it took until something was so; nothing if it was not within bounds."""
    begin = time.monotonic()
    while True:
        try:
            if condition():
                return time.monotonic() - begin
        except OSError:
            pass
        if time.monotonic() > begin + seconds:
            return None
        time.sleep(0.2)
