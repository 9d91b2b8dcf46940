"""A version that fails, and pods that do not go: what an upgrade does with one host, and with the others."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from alerts import fires, resolves
from cluster import Cluster, wait_until
from failing_version import SOON, failing_kube_vip, failing_version, fails, running
from playbook import Run, play, said, start
from scenario import also, measured, scenario

from lab import settings

# Long enough to be told of what does not run.
WATCHED = ("-e", json.dumps({"k3s_cluster_timeout": 240})) if settings.from_environment().monitored else ()
NO_BACKUP = ("-e", "upgrade_without_backup=true")

STUBBORN = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: stubborn}}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: stubborn}}}}
  template:
    metadata: {{labels: {{app: stubborn}}{finalizers}}}
    spec:
      terminationGracePeriodSeconds: 1
      nodeSelector: {{kubernetes.io/hostname: {node}}}
      containers: [{{name: stubborn, image: {image}, imagePullPolicy: IfNotPresent, command: [sleep, "9999"]}}]
"""
BUDGET = """
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: stubborn}
spec: {minAvailable: 1, selector: {matchLabels: {app: stubborn}}}
"""


@pytest.fixture
def failing(cluster: Cluster, tmp_path: Path) -> tuple[str, str]:
    """Return the arguments that ask for the version that fails."""
    return failing_version(cluster, tmp_path)


@pytest.fixture(autouse=True)
def founded(cluster: Cluster) -> None:
    """Begin with the cluster that the inventory describes."""
    play("bootstrap").succeeded()


def states(cluster: Cluster) -> dict[str, tuple[str, bool, int]]:
    """Return of each node the version, whether pods may come, and the process of its k3s."""
    found = {}
    for node in cluster.kubectl(cluster.servers[0], "get nodes")["items"]:
        name = node["metadata"]["name"]
        process = int(cluster.on(name, "systemctl show -P MainPID k3s.service"))
        closed = node["spec"].get("unschedulable", False)
        found[name] = (node["status"]["nodeInfo"]["kubeletVersion"], not closed, process)
    return found


@pytest.fixture
def stubborn(cluster: Cluster) -> Iterator[str]:
    """Give a place for the pods that do not go, and remove them at the end."""
    node = cluster.servers[1]
    yield node
    cluster.on(node, "k3s kubectl delete pdb stubborn --ignore-not-found")
    cluster.on(node, "k3s kubectl delete deployment stubborn --ignore-not-found --cascade=orphan")
    cluster.on(node, "k3s kubectl delete replicaset -l app=stubborn --cascade=orphan")
    cluster.on(
        node,
        "for pod in $(k3s kubectl get pods -l app=stubborn -o name); do"
        ' k3s kubectl patch $pod --type merge -p \'{"metadata": {"finalizers": null}}\';'
        " k3s kubectl delete $pod --force --ignore-not-found; done",
    )


def have_stubborn(cluster: Cluster, node: str, finalizers: str = "") -> None:
    cluster.apply(node, STUBBORN.format(node=node, image=cluster.image("busybox"), finalizers=finalizers))
    cluster.on(node, "k3s kubectl rollout status deployment/stubborn --timeout=120s", timeout=130)


@scenario(
    id="U2",
    title="A version of k3s does not run on a server",
    initial_cluster="one server is out for the time of the wait; the others go on",
    target_cluster="none",
    end_users="none",
    detection="the playbook `upgrade` ends with what k3s said; `status` while it waits: the node is not ready",
    remedy="none where only the patch level was to change: the server goes back by itself, and no other is touched."
    " With another minor version: ask for a patch level that runs and run `upgrade` again, or `restore` the set made"
    " before",
)
def test_a_version_that_fails_is_taken_back_and_reaches_no_other_server(
    cluster: Cluster, failing: tuple[str, str], tmp_path: Path
) -> None:
    before, runs, wanted = states(cluster), running(cluster), fails(cluster)
    begin = time.monotonic()
    going = start("upgrade", tmp_path, *failing, *NO_BACKUP, *SOON, *WATCHED)
    try:
        fires(cluster, "VersionDoesNotRun")
    finally:
        going.process.wait(timeout=900)
    took = time.monotonic() - begin
    if not WATCHED:
        measured("U2", "until the version was tried, waited for and taken back on one server", took)
    run = Run(going.process.returncode, going.log.read_text(errors="replace"))
    assert run.returncode != 0
    victim = re.findall(r"upgrade (\w+) from", said(run))[0]
    assert f"{victim} was not upgraded to {wanted}, and nothing more is changed" in said(run), run.output[-5000:]
    assert f"It runs {runs} again." in said(run), run.output[-3000:]
    after = states(cluster)
    assert {name: state[:2] for name, state in after.items()} == dict.fromkeys(cluster.servers, (runs, True))
    assert [name for name in before if after[name][2] != before[name][2]] == [victim]
    assert cluster.is_complete()
    journal = [json.loads(line) for line in cluster.on(victim, "cat /var/lib/rancher/k3s/upgrades.jsonl").splitlines()]
    assert [(line["event"], line["host"], line["to"]) for line in journal[-2:]] == [
        ("begins", victim, wanted),
        ("fails", victim, wanted),
    ]
    assert play("bootstrap").succeeded().changed() == 0
    resolves(cluster, "VersionDoesNotRun")


@pytest.mark.long
def test_a_kube_vip_that_does_not_run_costs_no_address(cluster: Cluster, tmp_path: Path) -> None:
    """The first server that has it stops the run; the others have the address until the version of before is back."""
    runs = "systemctl show -P MainPID kube-vip.service"
    before = {host: cluster.on(host, runs).strip() for host in cluster.servers}
    run = play("upgrade", *failing_kube_vip(cluster, tmp_path), *NO_BACKUP)
    assert run.returncode != 0 and "this host could hold it" in said(run), run.output[-4000:]
    after = {host: cluster.on(host, runs).strip() for host in cluster.servers}
    assert sum(after[host] != before[host] for host in cluster.servers) == 1
    wait_until("another one holds the address", lambda: len(cluster.holders()) == 1)
    play("upgrade").succeeded()
    assert cluster.is_complete()
    assert play("upgrade").succeeded().changed() == 0


def grafana(cluster: Cluster) -> str:
    """Return the image that the cluster is to run."""
    found = cluster.kubectl(cluster.servers[0], "-n grafana get deployment grafana")
    return str(found["spec"]["template"]["spec"]["containers"][0]["image"])


@pytest.mark.long
@pytest.mark.skipif(not WATCHED, reason="Grafana shows what a site measures that watches itself: LAB_MONITORED=1")
def test_grafana_gets_the_image_of_the_inventory_and_never_an_older_one(cluster: Cluster) -> None:
    shown = ("-e", json.dumps({"site_grafana": True}))
    set_image = "k3s kubectl -n grafana set image deployment/grafana grafana="
    play("bootstrap", *shown).succeeded()
    try:
        wanted = grafana(cluster)
        name = wanted.rpartition(":")[0]
        cluster.on(cluster.servers[0], f"{set_image}{name}:999.0.0")
        refused = play("upgrade", *shown)
        assert refused.returncode != 0 and refused.changed() == 0
        assert f"grafana on the cluster: has {name}:999.0.0, the inventory asks for {wanted}" in said(refused)
        cluster.on(cluster.servers[0], f"{set_image}{name}:1.0.0")
        predicted = play("upgrade", "--check", *shown).succeeded()
        assert f"upgrade grafana on the cluster from {name}:1.0.0 to {wanted}" in said(predicted)
        assert grafana(cluster) == f"{name}:1.0.0"
        play("upgrade", *shown).succeeded()
        assert grafana(cluster) == wanted
        assert play("upgrade", *shown).succeeded().changed() == 0
    finally:
        play("bootstrap").succeeded()


@scenario(
    id="U3",
    title="Pods do not leave a server that is to be upgraded",
    initial_cluster="none, or the pods of one server have moved for nothing",
    target_cluster="none",
    end_users="none",
    detection="the playbook `upgrade`, also with `--check`, names each pod and the budget that keeps it",
    remedy="mend or add replicas, or relax the budget, and run `upgrade` again; or leave pods where they are with"
    " `upgrade_drain=false`",
)
@pytest.mark.long
def test_a_budget_that_allows_no_disruption_is_told_before_anything_is_changed(
    cluster: Cluster, failing: tuple[str, str], stubborn: str
) -> None:
    have_stubborn(cluster, stubborn)
    cluster.apply(stubborn, BUDGET)
    wait_until(
        "the budget counts its pod",
        lambda: cluster.kubectl(stubborn, "get pdb stubborn").get("status", {}).get("currentHealthy") == 1,
    )
    before = states(cluster)
    for arguments in (("--check",), ()):
        begin = time.monotonic()
        run = play("upgrade", *failing, *NO_BACKUP, *arguments)
        measured("U3", "until it is told what would not go, with nothing changed", time.monotonic() - begin)
        assert run.returncode != 0
        assert run.changed() == 0
        assert "PodDisruptionBudget stubborn allows no disruption" in said(run), run.output[-3000:]
        assert f"upgrade {stubborn} from {running(cluster)} to {fails(cluster)}" in said(run)
        assert states(cluster) == before


@also("U3")
@pytest.mark.long
def test_pods_that_do_not_go_in_time_leave_the_server_as_it_was(
    cluster: Cluster, failing: tuple[str, str], stubborn: str
) -> None:
    # On the server whose turn is the first.
    first = re.findall(r"upgrade (\w+) from", said(play("upgrade", "--check", *failing, *NO_BACKUP)))[0]
    have_stubborn(cluster, first, finalizers=", finalizers: [example.org/stays]")
    before = states(cluster)
    begin = time.monotonic()
    run = play("upgrade", *failing, *NO_BACKUP, *SOON)
    took = time.monotonic() - begin
    measured("U3", "from the command to a server that is open again, with ten seconds for pods to go", took)
    assert run.returncode != 0
    assert "has gone: seen still ending" in said(run), run.output[-4000:]
    assert f"It runs {running(cluster)} as before." in said(run), run.output[-3000:]
    assert {name: state[:2] for name, state in states(cluster).items()} == {
        name: state[:2] for name, state in before.items()
    }
    assert cluster.is_complete()
