"""A site of three servers that is founded for a measurement, whatever the lab was before."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping

from bench.rounds import Limits, Taken
from bench.site import SERVERS, TREE, VIP, lab, play

sys.path.insert(0, str(TREE / "tests" / "drills"))

from cluster import Cluster, wait_until

STORAGE = "storage1"
CLUSTER = Cluster(list(SERVERS), {"site_api_vip": VIP})


def found(*more: str) -> None:
    """Build it, with these hosts besides; with an object storage it is backed up from its first minute."""
    os.environ["LAB_HOSTS"] = ",".join([*SERVERS, *more])
    lab("up", "--fresh")
    play("bootstrap", *(("-e", "site_recovery=fresh") if STORAGE in more else ()))
    complete()


def complete() -> None:
    """Fail unless the cluster is whole; its add-ons may still be on their way."""
    wait_until("the cluster is complete", CLUSTER.is_complete, timeout=180)


def in_turn(asked: Limits, lose: Callable[[], object], ways: Mapping[str, Callable[[], float]]) -> Taken:
    """Lose something and have it back by each way in turn, which returns its seconds; as often as is asked for."""
    taken = Taken()
    for _number in asked.each():
        for name, way in ways.items():
            lose()
            taken.add(name, way())
            complete()
    return taken
