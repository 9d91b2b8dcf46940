"""What a site's metrics lose while a store is killed, its disk full or another site cut off; and how much they bear.

Hosts are on loopback, as the role victoria_metrics makes them, run by Debian's own programs on two processors; with
LAB_VM_CLUSTER_DIR (vminsert, vmselect, vmstorage) a cluster of stores, too. Networks, mounts and files are this
program's own. BENCH_CUT_SECONDS (default 600) is how long the other site is cut off, BENCH_AWAY_SECONDS (default 20)
how long a store is killed or full.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.monitored import GUARD_BYTES, MIB, Kind, Site, answered, lasted
from bench.report import Figure, table
from bench.samples import Census, Flood, Numbered, seen_by, single
from bench.site import TREE
from lab import debian, settings

sys.path.insert(0, str(TREE / "tests" / "integration" / "victoria_metrics"))

import store
from running import Host

PACKAGES = (*store.PACKAGES, "haproxy")
INSIDE = "BENCH_MONITORING_INSIDE"
AWAY_SECONDS = float(os.environ.get("BENCH_AWAY_SECONDS", "20"))
CUT_SECONDS = float(os.environ.get("BENCH_CUT_SECONDS", "600"))
CLUSTER = os.environ.get("LAB_VM_CLUSTER_DIR", "")
BEFORE_SECONDS = 12.0
PROCESSORS = 2
SHOWN_SECONDS, BROUGHT_SECONDS = 15.0, 300.0
STEP_SECONDS, SETTLE_SECONDS, STEPS = 5.0, 2.0, 16
REAL_SECONDS = 20.0
# Of the rate that was asked for; with less whoever writes is held up.
ACCEPTED = 0.95

KINDS = [
    Kind("two sites", "replicated", 2, ("north", "south")),
    Kind("three hosts", "replicated", 3),
    *([Kind("cluster", "cluster", 3)] if CLUSTER else []),
]
BARE = "bare victoria-metrics"
# Series of a server besides those of the programs of monitoring, which run here themselves: `grep -vc '^#'` of what a
# k3s v1.36.3 of one server without anything in it, and a PowerDNS 4.9, told. All of k3s is one process, whose kubelet
# tells what its API server does. A cluster that is used has more.
MEASURED = {"etcd": 1_630, "apiserver": 19_568, "kubelet": 19_568, "powerdns": 100}
INTERVAL = 15


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


class Case:
    """Something that happens to a site while it is written to; use it as a context for as long as that goes on."""

    def __init__(self, site: Site, name: str, hosts: Sequence[Host]) -> None:
        self._site, self._name = site, f"{site.kind.name}, {name}"
        say(self._name)
        self._numbered = Numbered(re.sub(r"\W", "_", name), site.writer, hosts)
        self._numbered.start()
        time.sleep(BEFORE_SECONDS)
        self._since = time.time()
        self.note = ""

    def over(self) -> Iterator[Figure]:
        """Wait until all is brought that will be, and tell what is not."""
        site, numbered = self._site, self._numbered
        waited = site.pending()
        end = time.time()
        drained = lasted(lambda: site.alike(numbered.between(self._since, end)) and site.settled(0), BROUGHT_SECONDS)
        all_ = lasted(lambda: site.alike(numbered.between(numbered.begun - 1, end)), BROUGHT_SECONDS)
        numbered.stop()
        # The last ones are on their way yet, and are tried again every ten seconds at least.
        time.sleep(SHOWN_SECONDS)
        refused = f"{numbered.refused} attempts refused" if numbered.refused else ""
        yield Figure(f"{self._name}: written", numbered.written, unit="samples", note=self.note or refused)
        stores = []
        for host in site.hosts:
            with site.by_itself(host) as ask:
                found = answered(partial(numbered.counted, ask))
            stores.append(found.found)
            if not site.clustered:
                yield told(f"  lost in the store of {host.name}", found)
        if site.clustered:
            yield Figure("  of which but one store has a copy", single(stores), unit="samples")
        for host in site.hosts:
            found = answered(partial(numbered.counted, seen_by(site.reader, host)))
            yield told(f"  lost through vmauth of {host.name}", found)
        yield Figure(
            "  until what had waited was brought",
            BROUGHT_SECONDS if drained is None else drained,
            note=f"{waited / MIB:.2f} MiB had waited" if drained is not None else "and longer",
        )
        if drained is not None and all_ is not None:
            yield Figure("  until every store had all", drained + all_)


def told(name: str, found: Census) -> Figure:
    return Figure(name, found.lost, unit="samples", note=f"{found.twice} twice" if found.twice else "")


def killed(site: Site) -> Iterator[Figure]:
    """A store is killed while it is written to, and comes back."""
    victim = site.hosts[0]
    case = Case(site, "a store killed", site.hosts)
    victim.kill(site.store)
    time.sleep(AWAY_SECONDS)
    victim.start(site.store)
    yield from case.over()


def full(site: Site) -> Iterator[Figure]:
    """A store's disk has less than it is to leave, then nothing; or nothing at once."""
    victim = site.hosts[0]
    with site.small_disk(victim) as disk:
        for name, steps in (("a disk that fills", (GUARD_BYTES // 2, 0)), ("a disk full at once", (0,))):
            case = Case(site, name, site.hosts)
            for left in steps:
                disk.fill(left)
                time.sleep(AWAY_SECONDS / len(steps))
            ended = [unit for host in site.hosts for unit in host.ended()]
            disk.clear()
            for unit in ended:
                # As systemd does all the time.
                victim.processes.pop(unit)
                victim.start(unit)
            case.note = f"{', '.join(ended)} ended" if ended else ""
            yield from case.over()


def cut(site: Site, flood: Flood, real: float) -> Iterator[Figure]:
    """Nobody of a site reaches the store of the other one, while both are as busy as they are."""
    case = Case(site, f"cut off for {CUT_SECONDS:.0f} s", site.hosts[:1])
    busy = threading.Thread(target=flood.send, args=(agents(site), real, CUT_SECONDS), daemon=True)
    with site.cut(site.hosts[1]):
        busy.start()
        end = time.monotonic() + CUT_SECONDS
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(60.0, left))
            say(f"cut off: {site.pending() / MIB:.2f} MiB wait")
        waited = site.pending()
    busy.join()
    yield from case.over()
    hours = site.buffer * CUT_SECONDS / max(1, waited) / 3600
    yield Figure("  at this rate a buffer is full after", hours, unit="hours", note=f"{site.buffer / MIB:,.0f} MiB")


def agents(site: Site) -> list[str]:
    return [f"http://{host.local}:8429/api/v1/write" for host in site.hosts]


class Processors:
    """How busy the processors are that all of this runs on."""

    def __init__(self) -> None:
        self._begin = self._read()

    def busy(self) -> float:
        """The share of them since the beginning, 0 to 1."""
        (all_before, idle_before), (all_now, idle_now) = self._begin, self._read()
        return 1 - (idle_now - idle_before) / max(1, all_now - all_before)

    @staticmethod
    def _read() -> tuple[int, int]:
        mine = {f"cpu{number}" for number in os.sched_getaffinity(0)}
        rows = [line.split() for line in Path("/proc/stat").read_text().splitlines() if line.split()[0] in mine]
        return sum(sum(map(int, row[1:9])) for row in rows), sum(int(row[4]) + int(row[5]) for row in rows)


def spent() -> float:
    """Processor seconds of all programs that were started here and run yet."""
    pids = [pid for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()]
    # Behind the name, which may have blanks: the state, then what follows it.
    rows = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(row[11]) + int(row[12]) for row in rows) / os.sysconf("SC_CLK_TCK")


@dataclass
class Borne:
    """The highest rate that was taken without anything left waiting, what ended it, and what a sample costs then."""

    rate: float = 0.0
    why: str = "nothing"
    cost: float = 0.0

    def figures(self, name: str, real: float, baseline: str = "") -> Iterator[Figure]:
        yield Figure(f"{name}: taken", self.rate, f"{baseline}: taken" if baseline else "", self.why, unit="samples/s")
        yield Figure(f"{name}: of a site's real rate", self.rate / real, note=f"{real:,.0f} samples/s", unit="times")
        alone = PROCESSORS / self.cost if self.cost else 0
        yield Figure(
            f"{name}: processors for a million",
            1e6 * self.cost,
            f"{baseline}: processors for a million" if baseline else "",
            f"{PROCESSORS} of them alone: {alone:,.0f} samples/s, {alone / real:.0f} times the real rate",
        )


def headroom(flood: Flood, urls: Sequence[str], real: float, settled: Callable[[float], bool]) -> Borne:
    """Write more and more until it is not taken any more, and find the place between."""
    best, bad, rate = Borne(), 0.0, 4 * real
    for _step in range(STEPS):
        processors, before = Processors(), spent()
        taken = flood.send(urls, rate, STEP_SECONDS)
        busy, slow, waits = processors.busy(), taken < ACCEPTED * rate, not settled(SETTLE_SECONDS)
        say(f"{taken:,.0f} of {rate:,.0f} samples/s{', some wait' * waits}, processors {busy:.0%} busy")
        if slow or waits:
            bad = rate
            best.why = f"{'more waits' if waits else 'taken slowly'} at {rate:,.0f}/s, processors {busy:.0%} busy"
            if not settled(BROUGHT_SECONDS):
                break
        elif taken > best.rate:
            best.rate, best.cost = taken, (spent() - before) / taken / STEP_SECONDS
        if bad and bad < 1.15 * best.rate:
            break
        rate = (best.rate + bad) / 2 if bad and best.rate else rate / 2 if bad else rate * 2
    return best


def borne(site: Site, flood: Flood, real: float) -> Iterator[Figure]:
    """How much a site takes, and what its programs need for it."""
    urls, name = agents(site), site.kind.name
    say(f"{name}: its real rate")
    flood.introduce(urls)
    site.settled(BROUGHT_SECONDS)
    before = spent()
    flood.send(urls, real, REAL_SECONDS)
    share = (spent() - before) / REAL_SECONDS / PROCESSORS
    usual = site.memory()
    copies = 2 if site.clustered else len(site.hosts)
    yield Figure(
        f"{name}: of {PROCESSORS} processors at its real rate",
        100 * share,
        note=f"all {len(site.hosts)} hosts, every sample in {copies} stores",
        unit="%",
    )
    yield from headroom(flood, urls, real, site.settled).figures(name, real, BARE)
    for case, found in (("at its real rate", usual), ("at most", site.memory(peak=True))):
        host, programs = max(found.items(), key=lambda one: sum(one[1].values()))
        parts = ", ".join(f"{unit} {size:.0f}" for unit, size in programs.items())
        yield Figure(f"  memory of a host {case}", sum(programs.values()), unit="MiB", note=f"{host}: {parts}")


def bare(flood: Flood, real: float, work: Path, tree: Path) -> Iterator[Figure]:
    """One store alone that is written to directly."""
    store.put_programs(tree, work / "bin")
    os.environ["PATH"] = f"{work / 'bin'}:{os.environ['PATH']}"
    (work / "bare").mkdir()
    with store.running(work / "bare" / "data", store.free_port()) as url:
        say(BARE)
        flood.introduce([f"{url}/api/v1/write"])
        yield from headroom(flood, [f"{url}/api/v1/write"], real, lambda _seconds: True).figures(BARE, real)


def series(site: Site) -> int:
    """Series of a site of three servers: those of its own programs as they are here, and of k3s and names."""
    own = site.hosts[0].stored('count({instance="server1",job!=""})')
    say(f"a host's own programs have {own:.0f} series, the rest of a server {sum(MEASURED.values())}")
    return 3 * (round(own) + sum(MEASURED.values()))


def measure(work: Path, tree: Path) -> Iterator[Figure]:
    flood, real = None, 0.0
    for kind in KINDS:
        say(f"{kind.name}: {kind.servers} hosts, {kind.mode}")
        with Site(kind, work, tree, Path(CLUSTER)) as site:
            if flood is None:
                count = series(site)
                flood, real = Flood(count), count / INTERVAL
            yield from killed(site)
            yield from full(site)
            if kind.locations:
                yield from cut(site, flood, real)
            yield from borne(site, flood, real)
    if flood:
        yield from bare(flood, real, work, tree)


def isolated(tree: Path) -> None:
    """Go on in a network and with mounts of our own, which are gone with us."""
    if INSIDE not in os.environ:
        os.environ[INSIDE] = str(tree)
        own = ["unshare", "--mount", "--propagation", "private", "--net"]
        os.execvp(own[0], [*own, sys.executable, "-m", "bench.monitoring"])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:PROCESSORS])


def end(*_signal: object) -> None:
    raise SystemExit("ended by a signal")


def main() -> int:
    cache = settings.from_environment().cache
    isolated(debian.tree(cache, "trixie", PACKAGES))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    work = cache / "bench" / "monitoring"
    # Only one at a time: what is there is of one that was killed.
    with debian.locked(work.parent):
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        try:
            figures = []
            for figure in measure(work, Path(os.environ[INSIDE])):
                figures.append(figure)
                say(table([figure])[0])
            print("\n".join(["", *table(figures)]))
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
