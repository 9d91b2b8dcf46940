"""How long the API's address is silent when its holder falls."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.report import percentile
from bench.site import SERVERS, TREE, VIP

sys.path.insert(0, str(TREE / "tests" / "drills"))

from cluster import Cluster
from failover import EVENTS, credentials, fail_over

MEASURED = ("stopped", "k3s frozen", "host killed")


def row(name: str, seconds: list[float]) -> str:
    """Return a line of a table: how often, and the gap's median, 95th percentile and maximum."""
    if not seconds:
        return f"  {name:<34}   0"
    middle, high = percentile(seconds, 0.5), percentile(seconds, 0.95)
    return f"  {name:<34} {len(seconds):3d}  {middle:5.1f}  {high:5.1f}  {max(seconds):5.1f}"


def measure(rounds: int) -> Iterator[str]:
    """Let each event strike the holder some times; holders that lead etcd are counted apart."""
    cluster = Cluster(list(SERVERS), {"site_api_vip": VIP})
    yield f"  {'seconds without an answer at the VIP':<34} {'n':>3}  {'p50':>5}  {'p95':>5}  {'max':>5}"
    with tempfile.TemporaryDirectory() as directory:
        tls = credentials(cluster, Path(directory))
        for name in MEASURED:
            outcomes = [fail_over(cluster, EVENTS[name], tls) for _ in range(rounds)]
            yield row(name, [each.lost.gap for each in outcomes])
            for leader in (True, False):
                of_them = [each.lost.gap for each in outcomes if each.leader == leader]
                yield row(f"  holder {'is' if leader else 'is not'} etcd leader", of_them)
