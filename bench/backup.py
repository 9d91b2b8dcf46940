"""How long a backup set takes beside a bare snapshot of etcd, and what it costs those who ask the API meanwhile.

python -m bench.backup [--rounds 10] [--minutes 30]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.founded import CLUSTER, STORAGE, found
from bench.report import Figure, percentile, table
from bench.rounds import Taken, limits
from bench.site import SERVERS, TREE, VIP, on, play, timed

sys.path.insert(0, str(TREE / "tests" / "drills"))

from failover import credentials
from probe import Probe

IDLE_SECONDS = "20"
SNAPSHOT, SET = "bare snapshot of etcd", "a set on demand, verified"
WITHOUT, WITH = "API, p95 without a backup", "API, p95 with one"


def latency(name: str, seconds: list[float], baseline: str = "") -> Figure:
    """Return the 95th percentile; in milliseconds too, as a table has tenths of seconds."""
    high = percentile(seconds, 0.95)
    return Figure(name, high, baseline, f"{1000 * high:.1f} ms, of {len(seconds)} answers")


def main() -> int:
    asked = limits(__doc__)
    found(STORAGE)
    taken, answers, failed = Taken(), {WITHOUT: list[float](), WITH: list[float]()}, {WITHOUT: 0, WITH: 0}
    with tempfile.TemporaryDirectory() as directory:
        tls = credentials(CLUSTER, Path(directory))
        for number in asked.each():
            taken.add(SNAPSHOT, on(SERVERS[0], f"k3s etcd-snapshot save --name=bench-{number}"))
            with Probe(VIP, 6443, tls) as idle:
                timed("sleep", IDLE_SECONDS)
            with Probe(VIP, 6443, tls) as busy:
                taken.add(SET, play("backup", "-e", f"backup_reason=bench-{number}").seconds)
            for name, probe in ((WITHOUT, idle), (WITH, busy)):
                answers[name] += probe.took
                failed[name] += probe.failed
    if any(failed.values()):
        raise SystemExit(f"the API did not answer: {failed}")
    snapshots = taken.figures(SNAPSHOT)
    sets = taken.figures(SET, snapshots[0].name)
    latencies = [latency(WITHOUT, answers[WITHOUT]), latency(WITH, answers[WITH], WITHOUT)]
    print("\n".join(table([*snapshots, *sets, *latencies])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
