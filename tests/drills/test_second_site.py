"""The site goes on in its second location after the first was lost (S1), and moves back."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alerts import fires, resolves
from api_load import LABEL, Load
from backups import backed_up, canary, names, program, record, zone
from cluster import Cluster, described, lab, wait_until
from failover import credentials
from name_client import served
from names import ask
from playbook import play
from scenario import also, measured, scenario
from test_monitoring import UNITS
from test_monitoring import ask as measurements
from test_monitoring import running as watch

HERE, THERE = "server1", "standby1"
HOSTS = f"{HERE},{THERE},storage1,offsite1"
# Serves names in the second location all the time.
NAME_SERVER, NS = "ns1", "203.0.113.21"
THERE_ADDRESS = "203.0.113.11"
RETURNED = "returned.shoot.lab.example"
PASSWORD = ".node-password.k3s"
# Where metal-stack is: the first writes to the second, whose sidecar notes here that it was asked for a backup.
NAMESPACE, WRITER, DATABASE = "metal-control-plane", "metal-api", "metal-db"
BACKED_UP = "/var/lib/backed-up"
SIDECAR = f"""
printf '#!/bin/sh\\necho "$1" >>{BACKED_UP}/log\\n' >/bin/backup-restore-sidecar
chmod +x /bin/backup-restore-sidecar
exec sleep 86400
"""

pytestmark = pytest.mark.long


@pytest.fixture(scope="module", params=[False, True], ids=["names move along", "names stay"])
def names_stay(request: pytest.FixtureRequest) -> bool:
    """Tell whether names are served by a host that is in the second location all the time, too."""
    return bool(request.param)


@pytest.fixture(scope="module")
def site(names_stay: bool) -> Iterator[dict[str, Any]]:
    """Found a site that has a server and an object storage in each of two locations, and is in the first.

    Where names are served in the second one all the time, the site is monitored, and what is measured is kept there.
    """
    kept = os.environ.get("LAB_MONITORED", "")
    os.environ["LAB_HOSTS"] = f"{HOSTS},{NAME_SERVER}" if names_stay else HOSTS
    if names_stay:
        os.environ["LAB_MONITORED"] = "1"
    lab("up", "--fresh", timeout=3600)
    play("bootstrap", "-e", "site_recovery=fresh").succeeded()
    yield described().site
    os.environ["LAB_MONITORED"] = kept
    for name in ("LAB_HOSTS", "LAB_ACTIVE"):
        os.environ.pop(name, None)


@pytest.fixture(scope="module")
def promoted(names_stay: bool) -> tuple[str, ...]:
    """Return what the inventory would say of the primary once the first location was lost."""
    return ("-e", f"site_dns_primary={NAME_SERVER}") if names_stay else ()


@pytest.fixture(scope="module")
def here(site: dict[str, Any]) -> Cluster:
    return Cluster([HERE], site)


@pytest.fixture(scope="module")
def outside(site: dict[str, Any]) -> Cluster:
    """Return whoever is in the second location all the time, where somebody is."""
    return Cluster([NAME_SERVER], site)


@pytest.fixture(scope="module")
def there(site: dict[str, Any]) -> Cluster:
    return Cluster([THERE], site)


def confirmed(verb: str) -> tuple[str, str]:
    return "-e", f"{verb}_confirm=lab"


def rests(cluster: Cluster) -> bool:
    """Tell whether k3s neither runs nor would be started by the next boot."""
    said = cluster.on(cluster.servers[0], "systemctl is-active k3s.service; systemctl is-enabled k3s.service; true")
    return said.split()[0] in ("inactive", "failed") and "enabled" not in said.split()[1:]


def containers(cluster: Cluster) -> int:
    return int(cluster.on(cluster.servers[0], "ps -eo args | grep -c '[c]ontainerd-shim'; true").split()[0])


def nodes(cluster: Cluster) -> set[str]:
    """Return the nodes of the cluster, also those of which it keeps but a password."""
    known = cluster.kubectl(cluster.servers[0], "get nodes")["items"]
    kept = cluster.on(cluster.servers[0], "k3s kubectl get secrets -n kube-system -o name")
    passwords = [line.removeprefix("secret/") for line in kept.split() if line.endswith(PASSWORD)]
    return {one["metadata"]["name"] for one in known} | {name.removesuffix(PASSWORD) for name in passwords}


def workload(image: str, kind: str, name: str, container: str, script: str) -> dict[str, Any]:
    labels = {"app": name}
    spec = {
        "terminationGracePeriodSeconds": 1,
        "containers": [
            {
                "name": container,
                "image": image,
                "imagePullPolicy": "Never",
                "command": ["sh", "-c", script],
                "volumeMounts": [{"name": "log", "mountPath": BACKED_UP}],
            }
        ],
        "volumes": [{"name": "log", "hostPath": {"path": BACKED_UP, "type": "DirectoryOrCreate"}}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
            **({"serviceName": name} if kind == "StatefulSet" else {}),
        },
    }


def running(cluster: Cluster) -> set[str]:
    """Return the names of what runs where metal-stack is."""
    pods = cluster.kubectl(cluster.servers[0], f"get pods -n {NAMESPACE}")["items"]
    return {pod["metadata"]["labels"]["app"] for pod in pods if pod["status"].get("phase") == "Running"}


def writes_to_a_database(cluster: Cluster) -> None:
    """Have something run that stands for metal-stack, as far as a move has to do with it."""
    image = cluster.image("busybox")
    items = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        workload(image, "Deployment", WRITER, "api", "exec sleep 86400"),
        workload(image, "StatefulSet", DATABASE, "backup-restore-sidecar", SIDECAR),
    ]
    cluster.apply(cluster.servers[0], json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    wait_until("what stands for metal-stack runs", lambda: running(cluster) == {WRITER, DATABASE}, timeout=120)


def serves(site: dict[str, Any]) -> bool:
    """Tell whether the name server in the second location answers with an address."""
    return bool(ask("records", server=NS, name=f"{NAME_SERVER}.{site['site_domain']}") == [NS])


def samples(outside: Cluster) -> float:
    """Return of how many moments the store in the second location knows that the server in the first one was there."""
    found = measurements(outside, NAME_SERVER, f'count_over_time(up{{job="node",instance="{HERE}"}}[1h])')
    return float(found[0]["value"][1]) if found else 0.0


def test_a_standby_has_what_it_takes_and_runs_nothing(here: Cluster, there: Cluster) -> None:
    assert here.writes(HERE)
    assert there.on(THERE, "k3s --version").startswith("k3s version")
    assert rests(there)
    assert "rc=0" in program(there, THERE, "gate")
    assert play("bootstrap").succeeded().changed() == 0


def test_a_standby_is_not_activated_while_the_site_lives(
    here: Cluster, names_stay: bool, promoted: tuple[str, ...]
) -> None:
    os.environ["LAB_ACTIVE"] = "b"
    try:
        unfenced = play("activate_standby", *confirmed("activate"), *promoted)
        answering = play("activate_standby", *confirmed("activate"), "-e", f"activate_fenced={HERE}", *promoted)
    finally:
        os.environ["LAB_ACTIVE"] = "a"
    # Whoever names another primary than there is comes no further than that.
    refusals = ["V56"] * 2 if names_stay else [f"and stays so: {HERE} (found: nothing)", "of the lost location answers"]
    for run, refusal in zip((unfenced, answering), refusals, strict=True):
        assert run.returncode and run.changed() == 0
        assert refusal in " ".join(run.output.split())
    assert here.writes(HERE)


@scenario(
    id="S1",
    title="The location of all servers is lost",
    initial_cluster="gone with its location",
    target_cluster="its API goes on if its machines are elsewhere; nothing can be created, healed or updated",
    end_users="none from the loss of the initial cluster itself",
    detection="nothing of the location answers",
    remedy="cut off what is left of the location; let `k3s_servers` and `standby_servers` change places in the"
    " inventory, and take the lost hosts out of `dns_servers`, `time_servers` and `monitoring_servers`; where names are"
    " served in both, `promote_dns`; then the playbook `activate_standby`",
)
def test_the_site_goes_on_in_the_second_location(
    here: Cluster, there: Cluster, outside: Cluster, names_stay: bool, promoted: tuple[str, ...]
) -> None:
    canary(here, "from-here")
    backed_up("-e", "backup_reason=last")
    if names_stay:
        wait_until("what is measured is kept in the second location, too", lambda: samples(outside) > 1, timeout=60)
    lab("kill", HERE, "storage1")
    if names_stay:
        fires(outside, "LocationLost", "a")
    os.environ["LAB_ACTIVE"] = "b"
    began = time.monotonic()
    if names_stay:
        assert serves(there.site)
        play("promote_dns", "-e", f"promote_dns_to={NAME_SERVER}").succeeded()
    run = play("activate_standby", *confirmed("activate"), "-e", f"activate_fenced={HERE}", *promoted).succeeded()
    measured("S1", "from the remedy's first command to a site that runs elsewhere", time.monotonic() - began)
    assert there.writes(THERE) and "from-here" in names(there)
    assert f"since no host is called that any more: {HERE}" in " ".join(run.output.split())
    assert nodes(there) == {THERE}
    if names_stay:
        # What was measured before is there yet, and whoever was lost is missed by nobody any more.
        assert samples(outside) > 1
        resolves(outside, "LocationLost")
        assert watch(there, THERE) == watch(outside, NAME_SERVER) == set(UNITS)


@also("S1")
def test_the_lost_location_comes_back_and_does_not_act(
    here: Cluster, there: Cluster, promoted: tuple[str, ...]
) -> None:
    """Its own storage has not heard of the restore, but the second one has."""
    lab("start", "storage1", HERE)
    wait_until("the gate refuses its data", lambda: "rc=3" in program(here, HERE, "gate"), timeout=60)
    assert not here.succeeds(HERE, "get nodes")
    # It was the primary of the DNS, whose zones are of the past as well.
    wait_until("and its zones", lambda: "is what was before a restore" in here.on(
        HERE, "journalctl -b -u pdns -u pdns-primary -o cat --no-pager"))  # fmt: skip
    assert served(HERE, f"{HERE}.{here.site['site_domain']}") == "Timeout"
    play("bootstrap", *promoted).succeeded()
    assert rests(here) and containers(here) == 0 and watch(here, HERE) == set()
    assert here.on(HERE, "ls /var/lib/rancher/k3s/server/before-reset").startswith("left-")
    assert "left-" in here.on(HERE, "ls /var/lib/powerdns") and served(HERE, RETURNED) == "Timeout"
    assert play("bootstrap", *promoted).succeeded().changed() == 0


@also("S1")
def test_a_site_that_cannot_move_goes_on_as_before(there: Cluster, promoted: tuple[str, ...]) -> None:
    """Its database cannot be backed up once more."""
    writes_to_a_database(there)
    there.on(THERE, f"rm -f {BACKED_UP}/log && mkdir {BACKED_UP}/log")
    os.environ["LAB_ACTIVE"] = "a"
    try:
        run = play("return_site", *confirmed("return"), *promoted)
    finally:
        os.environ["LAB_ACTIVE"] = "b"
        there.on(THERE, f"rmdir {BACKED_UP}/log")
    assert run.returncode and "did not move and goes on where it was" in " ".join(run.output.split())
    assert there.writes(THERE)
    wait_until("what was held for the move acts again", lambda: running(there) == {WRITER, DATABASE}, timeout=120)
    kept = there.kubectl(THERE, f"get deployment/{WRITER} -n {NAMESPACE}")
    assert "metalstack.autonomous/held" not in kept["metadata"].get("annotations", {})
    assert "metalstack_return" not in there.on(THERE, "nft list tables")


@also("S1")
def test_the_site_returns_with_all_that_it_has_become(
    here: Cluster, there: Cluster, names_stay: bool, promoted: tuple[str, ...], tmp_path: Path
) -> None:
    """Somebody writes to it all the time, and finds each write that was acknowledged."""
    canary(there, "from-there")
    zone(there, NAME_SERVER if names_stay else THERE, "PATCH", record("returned", "192.0.2.83"))
    os.environ["LAB_ACTIVE"] = "a"
    with Load(THERE_ADDRESS, credentials(there, tmp_path)) as load:
        began = time.monotonic()
        play("return_site", *confirmed("return"), *promoted).succeeded()
        took = time.monotonic() - began
    measured("S1", "from the command to a site that runs in the first location again", took)
    kept = here.on(HERE, f"k3s kubectl get configmaps -n default -l {LABEL} -o name --chunk-size=0", timeout=120)
    lost = set(load.result["written"]) - {name.partition("/")[2] for name in kept.split()}
    assert len(load.result["written"]) > 50 and lost == set()
    assert there.on(THERE, f"cat {BACKED_UP}/log").split() == ["create-backup"]
    assert "metalstack_return" not in there.on(THERE, "nft list tables")
    assert {"from-here", "from-there"} <= names(here)
    wait_until("names that were made there are served here", lambda: served(HERE, RETURNED) == ["192.0.2.83"])
    assert nodes(here) == {HERE}
    assert rests(there) and containers(there) == 0
    # Kubernetes waits before it makes the pods of a node anew that was forgotten.
    wait_until("its pods run here", lambda: running(here) == {WRITER, DATABASE}, timeout=300)
    if names_stay:
        assert serves(there.site)
        assert watch(there, THERE) == set() and watch(here, HERE) == set(UNITS)
    assert play("bootstrap", *promoted).succeeded().changed() == 0
