"""What backups cost, and how soon a site is back that lost all servers, disks and all; beside k3s's own part of that.

BENCH_ROUNDS (default 10) restores are made by the playbook, and by a bare script that has the snapshot already.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from bench import bare
from bench.report import Figure, percentile, table
from bench.site import SERVERS, TREE, VIP, lab, on, play, timed

sys.path.insert(0, str(TREE / "tests" / "drills"))

from cluster import Cluster, wait_until
from failover import credentials
from probe import Probe

STORAGE = "storage1"
IDLE_SECONDS = "20"


def spread(name: str, seconds: list[float], baseline: str = "", note: str = "") -> list[Figure]:
    """Return median and 95th percentile, the first beside that of the baseline."""
    median = Figure(f"{name}, p50 of {len(seconds)}", percentile(seconds, 0.5), baseline, note)
    return [median, Figure("  p95", percentile(seconds, 0.95))]


def complete() -> None:
    """Fail unless the cluster is whole; its add-ons may still be on their way."""
    wait_until("the cluster is complete", Cluster(list(SERVERS), {"site_api_vip": VIP}).is_complete, timeout=180)


def found() -> None:
    """Build a site that is backed up from its first minute."""
    lab("wipe", "--all")
    play("bootstrap", "-e", "site_recovery=fresh")
    complete()


def backup(directory: Path) -> list[Figure]:
    """Make a set while the API is asked, and the same time without one."""
    tls = credentials(Cluster(list(SERVERS), {}), directory)
    with Probe(VIP, 6443, tls) as idle:
        timed("sleep", IDLE_SECONDS)
    with Probe(VIP, 6443, tls) as busy:
        made = play("backup", "-e", "backup_reason=bench")
    if idle.failed or busy.failed:
        raise SystemExit(f"the API did not answer {idle.failed} times without and {busy.failed} times with a backup")
    return [
        Figure("a set on demand, verified", made.seconds),
        latency("API, p95 without a backup", idle.took),
        latency("API, p95 with one", busy.took, "API, p95 without a backup"),
    ]


def latency(name: str, seconds: list[float], baseline: str = "") -> Figure:
    """Return the 95th percentile; in milliseconds too, as a table has tenths of seconds."""
    high = percentile(seconds, 0.95)
    return Figure(name, high, baseline, f"{1000 * high:.1f} ms, of {len(seconds)} answers")


def gate() -> list[Figure]:
    """Ask whether a datastore may start, with the object storage and without."""
    up = on(SERVERS[0], "metalstack-backup gate")
    lab("kill", STORAGE)
    down = on(SERVERS[0], "metalstack-backup gate")
    lab("start", STORAGE)
    return [Figure("gate", up), Figure("gate, object storage down", down)]


def bare_restores(work: Path, rounds: int) -> list[float]:
    """Restore k3s alone, by a script that holds the snapshot and all files already."""
    bare.capture(work)
    path = "/var/lib/rancher/k3s/server/db/snapshots"
    on(SERVERS[0], "k3s etcd-snapshot save --name=bench")
    bare.fetch_file(SERVERS[0], f"$(ls {path}/bench-* | tail -1)", work / "snapshot.db")
    on(SERVERS[0], f"k3s etcd-snapshot delete $(cd {path} && ls bench-*)")
    seconds = []
    for _round in range(rounds):
        lab("wipe", *SERVERS)
        seconds.append(bare.run(work).seconds)
        complete()
    return seconds


def restores(site: str, rounds: int) -> list[float]:
    """Restore all that the site had, time and names too, onto hosts that were wiped."""
    seconds = []
    for _round in range(rounds):
        lab("wipe", *SERVERS)
        seconds.append(play("restore", "-e", f"restore_confirm={site}").seconds)
        complete()
        print(f"restored in {seconds[-1]:.1f} s", flush=True)
    return seconds


def main() -> int:
    rounds = int(os.environ.get("BENCH_ROUNDS", "10"))
    os.environ["LAB_HOSTS"] = ",".join([*SERVERS, STORAGE])
    lab("up")
    found()
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        figures = backup(work) + gate()
        ours = restores("lab", rounds)
        theirs = spread("k3s alone, by a bare script", bare_restores(work, rounds))
    figures += theirs + spread("total restore, with time and names", ours, theirs[0].name)
    print("\n".join(table(figures)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
