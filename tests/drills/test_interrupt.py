"""X1: the bootstrap is killed in every phase; each next run goes on from there, and one cluster comes of it, never two.

The runs form one chain on hosts that were wiped before: what one run finished the next finds done, so that the whole
chain costs about one bootstrap.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from cluster import Cluster, lab
from playbook import play, read_journal, start
from scenario import also, measured, scenario

JOINING = "Start k3s and wait until the server takes part"

# (phase, the task of it that has to have begun, seconds after that, members of etcd that may be there by then)
KILLS = [
    ("hold", "Hold every host", 0.0, range(0, 1)),
    ("k3s_cluster/look", "Look at the host", 0.1, range(0, 1)),
    ("k3s_cluster/install", "Install the binary", 0.2, range(0, 1)),
    ("k3s_cluster/configure", "Write the configuration", 0.2, range(0, 1)),
    ("host_firewall/present", "Load the firewall", 0.0, range(0, 1)),
    ("chrony/configure", "Configure chronyd", 0.2, range(0, 1)),
    ("powerdns/configure", "Configure and start PowerDNS", 0.3, range(0, 1)),
    ("powerdns/zones", "Bring the zones to what they shall be", 0.5, range(0, 1)),
    ("k3s_cluster/found", "Start the first server", 0.0, range(0, 2)),
    ("kube_vip/install", "Install kube-vip", 0.1, range(0, 2)),
    ("kube_vip/configure", "Configure and start the units", 0.2, range(0, 2)),
    # The founder goes on by itself meanwhile: what is left to interrupt are the two that join. The last one, once it
    # has been started, makes the cluster whole within seconds.
    ("k3s_cluster/step", JOINING, 1.0, range(1, 3)),
    ("k3s_cluster/step", JOINING, 0.0, range(2, 4)),
]


@pytest.fixture(scope="module", autouse=True)
def nothing_there(cluster: Cluster) -> None:
    """Begin with hosts as they were installed."""
    lab("wipe", *cluster.servers)


@scenario(
    id="X1",
    title="The bootstrap of a site is killed half-way",
    initial_cluster="not there yet, or in part",
    target_cluster="none",
    end_users="none",
    detection="the run ended without a word of success; the playbook `status` is red. A site that was whole before and"
    " is watched tells that a run holds it and does not end; one that never was whole is watched by nobody yet",
    remedy="run the playbook `bootstrap` again, which goes on from there, or the playbook `reset`",
)
@pytest.mark.parametrize(("phase", "task", "seconds", "members"), KILLS)
def test_run_killed_in_a_phase_leaves_something_to_do(
    phase: str, task: str, seconds: float, members: range, cluster: Cluster, tmp_path: Path
) -> None:
    run = start("bootstrap", tmp_path)
    try:
        run.wait_for(lambda record: record.get("phase") == phase and task in str(record.get("task")))
        time.sleep(seconds)
        assert run.process.poll() is None, f"the run ended before it could be killed:\n{run.tail()}"
    finally:
        run.kill()
    assert read_journal(run.journal)[-1]["phase"] == phase
    assert len(cluster.members()) in members
    assert not cluster.is_complete()
    assert play("status").returncode


@also("X1")
def test_last_run_completes_the_one_cluster(cluster: Cluster) -> None:
    began = time.monotonic()
    play("bootstrap").succeeded()
    measured("X1", "from the last kill, the same command again until three servers vote", time.monotonic() - began)
    assert cluster.is_complete()
    assert len(cluster.identities()) == 1
    assert sorted(member["name"].rsplit("-", 1)[0] for member in cluster.members()) == cluster.servers
    assert play("bootstrap").succeeded().changed() == 0
