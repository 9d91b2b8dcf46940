"""What happens to the virtual IP and to Service addresses when their holder falls. Times are printed, not judged."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from alerts import fires, resolves
from cluster import GATEWAY, Cluster, lab, wait_until
from failover import BOUND, EVENTS, Event, carries, credentials, fail_over, is_etcd_leader
from playbook import play
from probe import Probe
from role import run_role
from scenario import also, measured, scenario
from web import web

STRANGER = "198.51.100.77"
DRILLED = {"host killed": "N1", "API hangs": "N3"}
TOLD = {"N1": "HostDown", "N3": "ApiServerDown"}


@pytest.fixture(scope="module")
def tls(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with the administrator's credentials."""
    return credentials(cluster, tmp_path_factory.mktemp("tls"))


@scenario(
    id="N1",
    title="A server loses its power",
    initial_cluster="the addresses that it held are silent for seconds; pods with local volumes there are down",
    target_cluster="none",
    end_users="none",
    detection="the playbook `status`: it is not reached, its node is not ready, the gate is red",
    remedy="power it on, it takes part again by itself; one that is gone for good is installed anew and taken in by the"
    " playbook `bootstrap`",
)
@scenario(
    id="N3",
    title="The API of the server that holds the address hangs",
    initial_cluster="the API is silent for seconds, until another server holds the address",
    target_cluster="none",
    end_users="none",
    detection="the playbook `status`: the server's API is not ready, the gate is red",
    remedy="restart k3s.service there; the address is elsewhere by then",
)
@pytest.mark.parametrize("event", EVENTS.values(), ids=list(EVENTS))
def test_another_server_takes_the_api_over(cluster: Cluster, tls: Path, event: Event) -> None:
    if event.name not in DRILLED:
        print(fail_over(cluster, event, tls))
        return

    def status(struck: str) -> None:
        began = time.monotonic()
        told = play("status")
        measured(DRILLED[event.name], "until the playbook status has told", time.monotonic() - began)
        assert told.returncode and "gate: red" in told.output and f"  {struck}:" in told.output
        fires(cluster, TOLD[DRILLED[event.name]], struck)

    outcome = fail_over(cluster, event, tls, status)
    print(outcome)
    # A holder that is gone is silent for a while: none would say that nothing was struck, or that nobody listened.
    assert outcome.lost.failed
    measured(DRILLED[event.name], "silence of the API's address", outcome.lost.gap)
    resolves(cluster, TOLD[DRILLED[event.name]])


@scenario(
    id="N4",
    title="The API's address is on two hosts",
    initial_cluster="connections break now and then",
    target_cluster="none",
    end_users="none",
    detection="the playbook `status` names both holders, the gate is red",
    remedy="none: the guard on the host that does not hold the lease takes the address away",
)
def test_an_address_on_a_second_host_is_taken_from_it(cluster: Cluster, tls: Path) -> None:
    wait_until("one holder", cluster.is_complete, timeout=180)
    holder = cluster.holders()[0]
    other = next(host for host in cluster.servers if host != holder)
    with Probe(cluster.vip, 6443, tls) as probe:
        cluster.on(other, f"ip address add {cluster.vip}/32 dev host0")
        took = wait_until("the stray address gone", lambda: not carries(cluster, other, cluster.vip), timeout=BOUND)
    assert cluster.holders() == [holder]
    print(f"address on two hosts: repaired in {took:.1f} s, silent {probe.gap:.1f} s")
    measured("N4", "until the second host has lost it", took)


@also("N4")
@pytest.mark.long
def test_an_address_that_nobody_takes_from_a_second_host_is_told(cluster: Cluster) -> None:
    """The guard, which is faster than any alert, is away."""
    wait_until("one holder", cluster.is_complete, timeout=180)
    holder = cluster.holders()[0]
    other = next(host for host in cluster.servers if host != holder)
    cluster.on(other, "systemctl stop kube-vip-guard.service")
    try:
        cluster.on(other, f"ip address add {cluster.vip}/32 dev host0")
        found = play("status")
        assert found.returncode and "gate: red" in found.output, found.output[-3000:]
        fires(cluster, "VipOnSeveralHosts", cluster.vip)
    finally:
        cluster.on(other, "systemctl start kube-vip-guard.service")
    wait_until("the stray address gone", lambda: not carries(cluster, other, cluster.vip), timeout=BOUND)
    wait_until("one holder", cluster.is_complete, timeout=180)
    resolves(cluster, "VipOnSeveralHosts")


@also("N3")
@pytest.mark.long
def test_an_address_that_nobody_holds_is_told(cluster: Cluster) -> None:
    wait_until("one holder", cluster.is_complete, timeout=180)
    for host in cluster.servers:
        cluster.on(host, "systemctl stop kube-vip.service")
    try:
        wait_until("nobody holds it", lambda: cluster.holders() == [], timeout=BOUND)
        found = play("status")
        assert found.returncode and "gate: red" in found.output, found.output[-3000:]
        fires(cluster, "VipWithoutApi")
    finally:
        for host in cluster.servers:
            cluster.on(host, "systemctl start kube-vip.service")
    wait_until("one holder", cluster.is_complete, timeout=180)
    resolves(cluster, "VipWithoutApi")


def test_a_killed_kube_vip_leaves_no_address_behind(cluster: Cluster) -> None:
    wait_until("one holder", cluster.is_complete, timeout=180)
    holder = cluster.holders()[0]
    unit = "/run/systemd/system/kube-vip.service.d"
    # Started again it would take its own lease up at once: it has to stay down.
    cluster.on(holder, f"mkdir -p {unit} && printf '[Service]\\nRestart=no\\n' >{unit}/drill.conf")
    cluster.on(holder, "systemctl daemon-reload && systemctl kill -s KILL kube-vip")
    try:
        took = wait_until("the address gone", lambda: not carries(cluster, holder, cluster.vip), timeout=BOUND)
        wait_until("a new holder", lambda: len(cluster.holders()) == 1, timeout=BOUND)
        assert cluster.holders() != [holder]
    finally:
        cluster.on(holder, f"rm -r {unit} && systemctl daemon-reload && systemctl start kube-vip")
    print(f"kube-vip killed for good: address gone in {took:.1f} s")


def test_a_service_answers_from_elsewhere_when_the_holder_of_its_address_dies(cluster: Cluster) -> None:
    wait_until("one holder", cluster.is_complete, timeout=180)
    lease = cluster.kubectl(cluster.servers[0], "get lease plndr-svcs-lock -n kube-system")
    holder = lease["spec"]["holderIdentity"]
    with web(cluster, avoid=holder) as service:
        others = [host for host in cluster.servers if host != holder]
        wait_until("the holder carries the address", lambda: carries(cluster, holder, service.address), timeout=BOUND)
        try:
            with Probe(service.address, 80) as probe:
                wait_until("the service", lambda: probe.answering, timeout=BOUND)
                lab("kill", holder)
                wait_until(
                    "another holder", lambda: any(carries(cluster, host, service.address) for host in others), BOUND
                )
                wait_until("the service", lambda: probe.answering, timeout=BOUND)
        finally:
            lab("start", holder)
            wait_until("all servers back", cluster.is_complete, timeout=300)
        print(f"holder of a Service's address killed: silent {probe.gap:.1f} s ({probe.failed} failed)")


def test_removal_leaves_no_address_behind_and_a_run_brings_it_back(cluster: Cluster) -> None:
    wait_until("one holder", cluster.is_complete, timeout=180)
    try:
        run_role("kube_vip", "-e", "kube_vip_state=absent").succeeded()
        assert cluster.holders() == []
        for host in cluster.servers:
            units = cluster.on(host, "systemctl list-unit-files 'kube-vip*' --no-legend", check=False)
            assert units.strip() == ""
        assert run_role("kube_vip", "-e", "kube_vip_state=absent").succeeded().changed() == 0
    finally:
        run_role("kube_vip").succeeded()
    assert len(cluster.holders()) == 1
    assert run_role("kube_vip").succeeded().changed() == 0


@pytest.fixture
def stranger(cluster: Cluster) -> Iterator[str]:
    """Let the controller, which is no node, answer for an address."""
    listing = lab("exec", "--", "ip", "-o", "-4", "address", "show").stdout
    found = re.search(r"\d+: (\S+)\s+inet 198\.51\.100\.1/", listing)
    assert found, listing
    lab("exec", "--", "ip", "address", "add", f"{STRANGER}/32", "dev", found.group(1))
    yield STRANGER
    lab("exec", "--", "ip", "address", "del", f"{STRANGER}/32", "dev", found.group(1))


def lead(cluster: Cluster, host: str) -> None:
    """Have etcd's leader hand over to the member of a host; etcd may be about to choose another one itself."""
    target = next(member["ID"] for member in cluster.members() if member["name"].startswith(f"{host}-"))
    ask = GATEWAY.replace("cluster/member/list", "maintenance/transfer-leadership")
    command = ask.replace("'{}'", f"""'{{"targetID": "{target}"}}'""")

    def leads() -> bool:
        leader = next(each for each in cluster.servers if is_etcd_leader(cluster, each))
        if leader != host:
            cluster.on(leader, command, check=False)
        return is_etcd_leader(cluster, host)

    wait_until(f"{host} leads", leads, timeout=60)


def test_the_holder_of_the_address_soon_leads_etcd_no_more(cluster: Cluster) -> None:
    wait_until("one holder", cluster.is_complete, timeout=180)
    holder = cluster.holders()[0]
    lead(cluster, holder)
    wait_until("another server leads", lambda: not is_etcd_leader(cluster, holder), timeout=45)
    assert cluster.holders() == [holder]
    assert sum(is_etcd_leader(cluster, host) for host in cluster.servers) == 1


def test_an_address_that_a_stranger_answers_for_is_refused(cluster: Cluster, stranger: str) -> None:
    run = run_role("kube_vip", "-e", f"kube_vip_address={stranger}")
    assert run.returncode != 0
    assert f"{stranger} is answered for by a stranger" in run.output
    assert run.changed() == 0


def test_validate_names_the_stranger_before_anything_is_touched(cluster: Cluster, stranger: str) -> None:
    run = play("validate", "-e", f"site_api_vip={stranger}")
    assert run.returncode != 0
    assert "V10" in run.output and stranger in run.output, run.output[-3000:]
    assert run.changed() == 0


@pytest.mark.parametrize(
    ("address", "reason"),
    [("203.0.113.10", "is not a host address of the subnet"), ("198.51.100.11", "is the address of a node")],
)
def test_an_address_that_can_be_no_virtual_ip_is_refused(cluster: Cluster, address: str, reason: str) -> None:
    run = run_role("kube_vip", "-e", f"kube_vip_address={address}")
    assert run.returncode != 0
    assert reason in " ".join(run.output.split())
    assert run.changed() == 0
