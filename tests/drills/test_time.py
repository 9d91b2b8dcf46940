"""The time of a site whose upstreams are gone, whose reference is gone, and to which one of its upstreams lies.

The hosts of a lab share one clock, so that none can be wrong: what is judged is whom each follows, and whether it says
that its time is good. All that is changed is the file of sources, and that is put back.
"""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import ntp
import ntp_upstreams as upstreams
import pytest
from alerts import fires, green, resolves
from cluster import Cluster, lab, wait_until
from playbook import Run, play
from role import run_role
from scenario import also, measured, scenario

from lab import settings

SOURCES = "/etc/chrony/metalstack/sources.d/site.sources"
# The mesh as it was, but asked 64 times as often and with a shorter memory: what takes it minutes takes seconds.
FAST = "minpoll 0 maxpoll 0"
FORGETFUL = f"{FAST} maxsamples 8"
ORPHAN = 10
UNCERTAIN = 0.00005
GOOD = 100.0  # parts per million
OWN_CLOCK = "127.127.1.1"
LIE = 5.0
NAMED = re.escape(f"source {upstreams.LIAR} tells a time of its own, ") + r"5\.0\d\d s ahead"
# A Python whose clock is wrong, for a host's modules alone: no host of a lab can set its own.
SKEWED = "/run/skewed"
SKEW = f"""mkdir -p {SKEWED} && cat >{SKEWED}/sitecustomize.py <<'END'
import time
right = time.time
time.time = lambda: right() + {LIE}
END
printf '#!/bin/sh\nPYTHONPATH={SKEWED} exec /usr/bin/python3 "$@"\n' >{SKEWED}/python && chmod +x {SKEWED}/python"""


@dataclass(frozen=True)
class Tracking:
    """Whom a server follows, as it says itself."""

    source: str
    stratum: int
    offset: float
    skew: float
    leap: str


class Clocks:
    """chronyd on the servers, by their own client."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.servers = cluster.servers
        self.addresses = {row["host"]: row["address"] for row in json.loads(lab("status", "--json").stdout)}

    def tracking(self, host: str) -> Tracking:
        fields = self.cluster.on(host, "chronyc -c -n tracking").strip().split(",")
        source = socket.inet_ntoa(bytes.fromhex(fields[0]))
        return Tracking(source, int(fields[2]), float(fields[4]), float(fields[9]), fields[13])

    def all(self) -> dict[str, Tracking]:
        """Return what each says; none may ever say that it has no time."""
        found = {host: self.tracking(host) for host in self.servers}
        assert {one.leap for one in found.values()} == {"Normal"}, found
        return found

    def hears(self, host: str, other: str) -> bool:
        """Whether a server got an answer to its last question to another."""
        sources = self.cluster.on(host, "chronyc -c -n sources")
        found = next(line.split(",") for line in sources.splitlines() if f",{self.addresses[other]}," in line)
        return int(found[5], 8) % 2 == 1

    def processes(self) -> dict[str, str]:
        return {host: self.cluster.on(host, "systemctl show chrony --property=MainPID") for host in self.servers}

    def give(self, lines: dict[str, str]) -> None:
        """Replace the sources of the servers."""
        for host, text in lines.items():
            self.cluster.on(host, f"cat >{SOURCES} && chronyc reload sources", stdin=text)

    def trust_themselves(self, uncertain: float = 1.0) -> None:
        """Set how uncertain a server may be of the outside's time before it has its own; 1 is chronyd's default."""
        for host in self.servers:
            self.cluster.on(host, f"chronyc local stratum {ORPHAN} orphan distance {uncertain}")

    def follow(self, sources: tuple[str, ...], stratum: int) -> bool:
        return all(one.source in sources and one.stratum == stratum for one in self.all().values())

    def reference(self) -> str:
        """Return the server that has its own time and that all others follow, if there is one."""
        found = self.all()
        for host in self.servers:
            others = [one for name, one in found.items() if name != host]
            if (found[host].source, found[host].stratum) == (OWN_CLOCK, ORPHAN) and all(
                (one.source, one.stratum) == (self.addresses[host], ORPHAN + 1) for one in others
            ):
                return host
        return ""

    def elect(self) -> tuple[str, float]:
        """Return whom they have elected, which has to be the one with the lowest address, and the seconds it took."""
        found: list[str] = []

        def elected() -> bool:
            found[:] = [self.reference()]
            return bool(found[0])

        took = wait_until("one is the reference", elected, timeout=240)
        assert self.addresses[found[0]] == min((self.addresses[host] for host in self.servers), key=socket.inet_aton)
        return found[0], took


@pytest.fixture
def clocks(cluster: Cluster) -> Iterator[Clocks]:
    """Put the sources back as they were, whatever happens, and wait until the mesh has its own time again."""
    clocks = Clocks(cluster)
    found = {host: cluster.on(host, f"cat {SOURCES}") for host in clocks.servers}
    try:
        yield clocks
    finally:
        for host in clocks.servers:
            cluster.on(host, "systemctl start chrony")
        clocks.trust_themselves()
        clocks.give(found)
        # Without it they would go on by what they have heard of the outside for days.
        for host in clocks.servers:
            cluster.on(host, "chronyc reset sources && chronyc burst 4/8")
        clocks.elect()


@pytest.fixture
def outside(clocks: Clocks) -> Iterator[None]:
    """Give the servers three upstreams, which do not answer yet, and a mesh that is quick."""
    with upstreams.addresses(*upstreams.ADDRESSES, upstreams.LIAR):
        asked = "".join(f"server {address} iburst {FAST}\n" for address in upstreams.ADDRESSES)
        found = {host: clocks.cluster.on(host, f"cat {SOURCES}").splitlines() for host in clocks.servers}
        clocks.give({host: asked + "".join(f"{line} {FORGETFUL}\n" for line in found[host]) for host in found})
        expect_upstreams(*upstreams.ADDRESSES)
        yield
        expect_upstreams()


def expect_upstreams(*addresses: str) -> None:
    """Have the hosts tell how many servers outside they should have, where somebody listens."""
    if settings.from_environment().monitored:
        run_role("host_metrics", "-e", json.dumps({"site_upstream_ntp": list(addresses)})).succeeded()


def wait_for_upstreams(clocks: Clocks) -> float:
    stratum = upstreams.STRATUM + 1
    return wait_until("all follow the outside", lambda: clocks.follow(upstreams.ADDRESSES, stratum), timeout=60)


@scenario(
    id="T1",
    title="All time servers outside of the site are gone",
    initial_cluster="none: the hosts go on by what they know of their clocks, then agree on one of them",
    target_cluster="none",
    end_users="none",
    detection="the playbook `status`: the source is one of the site's own clocks, stratum 10",
    remedy="none at once; bring the servers outside back, the hosts return to them by themselves",
)
@pytest.mark.usefixtures("outside")
def test_a_mesh_that_loses_its_upstreams_goes_on_elects_a_reference_and_returns_to_them(
    clocks: Clocks, tmp_path: Path
) -> None:
    processes = clocks.processes()
    with upstreams.honest(tmp_path / "upstream"):
        followed = wait_for_upstreams(clocks)
        # One that has only just begun to follow knows its own frequency too badly to go on without.
        wait_until("they know their clocks", lambda: max(one.skew for one in clocks.all().values()) < GOOD, timeout=120)
    end = time.monotonic() + 15
    while time.monotonic() < end:
        assert max(one.stratum for one in clocks.all().values()) < ORPHAN, "they go on by what they have heard"
    # Without an answer a well-known clock becomes about a second more uncertain in ten days: too long for a drill.
    clocks.trust_themselves(UNCERTAIN)
    reference, elected = clocks.elect()
    red = status()
    said = " ".join(red.output.split())
    assert red.returncode and f"{reference}: a source from outside of the site answers" in said, said[-3000:]
    fires(clocks.cluster, "TimeSourcesLost", reference)
    clocks.trust_themselves()
    with upstreams.honest(tmp_path / "upstream"):
        back = wait_for_upstreams(clocks)
        resolves(clocks.cluster, "TimeSourcesLost")
        status().succeeded()
    assert clocks.processes() == processes
    measured("T1", "until the servers agree on one of their clocks, once they no longer trust their own", elected)
    measured("T1", "until all follow the servers outside again", back)
    print(
        f"upstreams followed after {followed:.1f} s; cut: {reference} is the reference after {elected:.1f} s, when "
        f"{UNCERTAIN} s of uncertainty are too much; upstreams again: {back:.1f} s"
    )


def status() -> Run:
    """The playbook, told of the servers outside that the drill gave."""
    return play("status", "-e", json.dumps({"site_upstream_ntp": list(upstreams.ADDRESSES)}))


@also("T1")
@pytest.mark.long
@pytest.mark.usefixtures("outside")
def test_a_mesh_that_starts_alone_elects_a_reference_and_outlives_it(clocks: Clocks, tmp_path: Path) -> None:
    for host in clocks.servers:
        clocks.cluster.on(host, "systemctl restart chrony")
    reference, elected = clocks.elect()
    processes = clocks.processes()
    survivors = [host for host in clocks.servers if host != reference]
    clocks.cluster.on(reference, "systemctl stop chrony")
    served = serve_on(clocks, survivors, seconds=20)
    fires(clocks.cluster, "TimeServerDown", reference)
    clocks.cluster.on(reference, "systemctl start chrony")
    again = wait_until("it answers again", lambda: all(clocks.hears(host, reference) for host in survivors), timeout=60)
    assert clocks.elect()[0] == reference
    resolves(clocks.cluster, "TimeServerDown")
    with upstreams.honest(tmp_path / "upstream"):
        back = wait_for_upstreams(clocks)
    after = clocks.processes()
    assert {host: after[host] for host in survivors} == {host: processes[host] for host in survivors}
    print(
        f"started alone: {reference} is the reference after {elected:.1f} s; without it {served} answers of the others "
        f"were good, it answers again after {again:.1f} s; upstreams: {back:.1f} s"
    )


def serve_on(clocks: Clocks, servers: list[str], seconds: float) -> int:
    """Return how often the servers answered each other in that time; every answer has to be good."""
    program = Path(ntp.__file__).read_text()
    pairs = list(zip(servers, [*servers[1:], servers[0]], strict=True))
    count = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for host, other in pairs:
            answer = json.loads(clocks.cluster.on(host, f"python3 - ask {clocks.addresses[other]}", stdin=program))
            assert (answer["leap"], answer["stratum"]) == (0, ORPHAN + 1), answer
            assert abs(answer["offset"]) < 0.1, answer
            count += 1
        time.sleep(1)
    return count


@also("T2")
@pytest.mark.long
@pytest.mark.usefixtures("outside")
def test_a_server_that_lies_is_refused_and_named(clocks: Clocks, tmp_path: Path) -> None:
    processes = clocks.processes()
    with upstreams.honest(tmp_path / "upstream"), upstreams.lying(LIE):
        run = give_upstreams(*upstreams.ADDRESSES, upstreams.LIAR)
        assert run.returncode != 0
        said = " ".join(run.output.split())
        assert len(re.findall(NAMED, said)) >= len(clocks.servers), said[-3000:]
        for host, one in clocks.all().items():
            assert one.source in upstreams.ADDRESSES and one.stratum == upstreams.STRATUM + 1, (host, one)
            assert abs(one.offset) < 0.01, (host, one)
            states = clocks.cluster.on(host, "chronyc -c -n sources")
            assert f"^,x,{upstreams.LIAR}," in states, states
        fires(clocks.cluster, "ClockSkewed")
        give_upstreams(*upstreams.ADDRESSES).succeeded()
        assert give_upstreams(*upstreams.ADDRESSES).succeeded().changed() == 0
        resolves(clocks.cluster, "ClockSkewed")
    assert clocks.processes() == processes


def give_upstreams(*addresses: str) -> Run:
    """Have the role give the servers these sources and judge them."""
    sources = [{"address": address, "options": ["iburst", *FAST.split()]} for address in addresses]
    return run_role("chrony", "-e", json.dumps({"chrony_upstreams": sources, "chrony_timeout": 15}))


@scenario(
    id="T2",
    title="The clock of a new host is wrong",
    initial_cluster="none: nothing was changed",
    target_cluster="none",
    end_users="none",
    detection="the playbook `bootstrap` refuses it (V39)",
    remedy="set the host's clock",
)
def test_bootstrap_refuses_a_host_whose_clock_is_wrong(cluster: Cluster) -> None:
    host = cluster.servers[-1]
    interpreter = f"{{{{ {{'localhost': ansible_playbook_python, '{host}': '{SKEWED}/python'}}.get(inventory_hostname, "
    interpreter += "'/usr/bin/python3') }}"
    cluster.on(host, SKEW)
    try:
        began = time.monotonic()
        run = play("bootstrap", "-e", json.dumps({"ansible_python_interpreter": interpreter}), timeout=120)
        measured("T2", "until the playbook bootstrap has refused it", time.monotonic() - began)
    finally:
        cluster.on(host, f"rm -r {SKEWED}")
    assert run.returncode != 0
    said = " ".join(run.output.split())
    assert re.search(rf"V39 host {host}: clock \+[45]\.\d s", said), said[-3000:]
    assert run.changed() == 0


def test_a_configuration_that_chronyd_does_not_read_stays_out(clocks: Clocks) -> None:
    processes = clocks.processes()
    files = [clocks.cluster.on(host, "cat /etc/chrony/metalstack/chrony.conf") for host in clocks.servers]
    run = play("bootstrap", "-e", json.dumps({"chrony_extra_config": "serve the time"}))
    assert run.returncode and "Have chronyd read the configuration" in run.output, run.output[-3000:]
    assert files == [clocks.cluster.on(host, "cat /etc/chrony/metalstack/chrony.conf") for host in clocks.servers]
    assert clocks.processes() == processes


@pytest.mark.long
def test_a_site_whose_time_servers_prove_who_they_are_and_prove_it_no_more(clocks: Clocks) -> None:
    """Every source by NTS, with certificates of the site's own authority; the second run changes nothing."""
    proving = ("bootstrap", "-e", json.dumps({"site_nts": True}))
    others = len(clocks.servers) - 1
    try:
        began = time.monotonic()
        play(*proving).succeeded()
        print(f"time servers prove who they are after {time.monotonic() - began:.1f} s")
        for host in clocks.servers:
            assert authenticated(clocks, host) == {"NTS": others}
            assert clocks.cluster.on(host, "stat -c %U:%a /etc/chrony/metalstack/host.pem.key").strip() == "root:600"
        assert play(*proving).succeeded().changed() == 0
        green()
    finally:
        play("bootstrap").succeeded()
    assert {authenticated(clocks, host).get("NTS", 0) for host in clocks.servers} == {0}
    assert play("bootstrap").succeeded().changed() == 0


def authenticated(clocks: Clocks, host: str) -> dict[str, int]:
    """Return how many of its sources a server asks by each way of proof, with an answer to what it asked last."""
    lines = clocks.cluster.on(host, "chronyc -c -n authdata").splitlines()
    # Address, mode, identifier of the key, its type and length, seconds since it was got, attempts, NAKs, cookies.
    fields = [line.split(",") for line in lines]
    modes = [one[1] for one in fields if one[1] != "NTS" or int(one[8]) > 0]
    return {mode: modes.count(mode) for mode in set(modes)}
