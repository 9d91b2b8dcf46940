"""X1: the bootstrap is killed in every phase; each next run goes on from there, and one cluster comes of it, never two.

The runs form one chain on hosts that were wiped before: what one run finished the next finds done, so that the whole
chain costs about one bootstrap.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from cluster import Cluster
from playbook import play, start

# (phase, how many of its tasks are let begin, seconds after that, members of the cluster that may be there by then)
KILLS = [
    ("host_firewall/run", 1, 0.0, range(0, 1)),
    ("k3s_cluster/install", 1, 0.5, range(0, 1)),
    ("k3s_cluster/configure", 1, 0.3, range(0, 1)),
    ("k3s_cluster/start", 1, 3.0, range(0, 2)),
    ("k3s_cluster/start", 1, 6.0, range(1, 3)),
    ("kube_vip/install", 1, 0.3, range(3, 4)),
    ("kube_vip/run", 1, 0.3, range(3, 4)),
]


@pytest.mark.parametrize(("phase", "tasks", "seconds", "members"), KILLS)
def test_run_killed_in_a_phase_leaves_something_to_do(
    phase: str, tasks: int, seconds: float, members: range, cluster: Cluster, tmp_path: Path
) -> None:
    run = start("bootstrap", tmp_path)
    try:
        begun: set[tuple[object, object]] = set()

        def reached(record: dict[str, object]) -> bool:
            if record.get("phase") == phase:
                begun.add((record["time"], record["task"]))
            return len(begun) >= tasks

        run.wait_for(reached)
        time.sleep(seconds)
        assert run.process.poll() is None, f"the run ended before it could be killed:\n{run.tail()}"
    finally:
        run.kill()
    assert len(cluster.members()) in members
    assert not cluster.is_complete()


def test_last_run_completes_the_one_cluster(cluster: Cluster) -> None:
    play("bootstrap").succeeded()
    assert cluster.is_complete()
    assert len(cluster.identities()) == 1
    assert sorted(member["name"].rsplit("-", 1)[0] for member in cluster.members()) == cluster.servers
    assert play("bootstrap").succeeded().changed() == 0
