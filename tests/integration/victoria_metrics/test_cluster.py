"""A site whose three stores hold everything together: nothing is lost, nor missed, while one of them is away."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import playing
import pytest
import store
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.victoria_metrics import VictoriaMetrics
from playing import PROGRAMS, VERSIONS, WRITER, artifacts, inputs, installed
from running import Client, Host, Receiver, now, remote_write, wait

from lab import debian, settings

GIVEN = os.environ.get("LAB_VM_CLUSTER_DIR", "")
UNITS = ("vmstorage-links.service", *(f"{name}.service" for name in PROGRAMS))
# Another part of the loopback network than that of the other tests here.
NETWORK = f"127.{os.getpid() // 256 % 126 + 128}.{os.getpid() % 256}"
SERVERS = {f"server{number}": f"{NETWORK}.{10 + number}" for number in (1, 2, 3)}
LOCALS = {name: f"{NETWORK}.{110 + number}" for number, name in enumerate((*SERVERS, "agent1"))}

pytestmark = pytest.mark.skipif(
    not GIVEN, reason="LAB_VM_CLUSTER_DIR names no directory with vmstorage, vmselect and vminsert of VictoriaMetrics"
)


@pytest.fixture(scope="module")
def tree() -> Path:
    return debian.tree(settings.from_environment().cache, "trixie", (*store.PACKAGES, "haproxy"))


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    found = Receiver(f"{NETWORK}.1")
    yield found
    found.close()


@pytest.fixture(scope="module")
def judge(tmp_path_factory, tree, site, receiver) -> Callable[..., dict[str, dict[str, Any]]]:
    """Run the role's judgement for all hosts, with some inputs changed."""
    directory = tmp_path_factory.mktemp("cluster")

    def judged(version: str = "v1", gates: bool = False, **changed: Any) -> dict[str, dict[str, Any]]:
        hosts = {}
        for name, local in LOCALS.items():
            given = {
                **playing.hurried(site),
                "writers": {"partition-a": WRITER},
                "servers": SERVERS,
                "host": name,
                "artifacts": artifacts(Path(GIVEN), version),
                "deadman_url": f"{receiver.url}/deadman",
                **changed,
            }
            place = {"place": str(directory / name), "local": local, "gates": gates and name in SERVERS}
            hosts[name] = {**inputs(given), **installed(VERSIONS["trixie"]), **place}
        made, said = playing.play(directory, hosts, tree)
        return {name: {**one, "said": said} for name, one in made.items()}

    return judged


@pytest.fixture(scope="module")
def hosts(judge, tree, site) -> Iterator[dict[str, Host]]:
    made = judge()
    found = {
        name: playing.host(name, made[name], tree, SERVERS.get(name, ""), local, site) for name, local in LOCALS.items()
    }
    try:
        for host in found.values():
            host.start_all()
        yield found
    finally:
        for host in found.values():
            host.stop_all()


@pytest.fixture(scope="module")
def servers(hosts) -> list[Host]:
    found = [hosts[name] for name in SERVERS]

    def state() -> object:
        return [(host.ended(), host.stored("count(up == 1)")) for host in found]

    wait(lambda: all(host.stored('count(up{site="example"} == 1)') == 3 * 8 + 2 for host in found), state, 90.0)
    return found


class Numbers:
    """Samples that are counted: each has a time of its own."""

    def __init__(self, name: str, writer: Client) -> None:
        self.query = f'count_over_time({name}{{writer="partition-a"}}[20m])'
        self._name, self._writer, self._begun, self.written = name, writer, now() - 900_000, 0

    def write(self, count: int, *hosts: Host) -> None:
        numbers = range(self.written, self.written + count)
        samples = [(float(number), self._begun + 1000 * number) for number in numbers]
        for host in hosts:
            assert self._writer.ask(host, "/api/v1/write", remote_write(self._name, {}, samples))[0] == 204
        self.written += count

    def wait(self, hosts: list[Host], seconds: float = 90.0) -> None:
        def counted() -> list[float]:
            return [host.stored(self.query) for host in hosts]

        wait(lambda: counted() == [self.written] * len(hosts), lambda: (self.written, counted()), seconds)


def reached(host: Host) -> int:
    """How many stores a host writes to, as the role asks before it restarts the next one."""
    return len(re.findall(r"(?m)^vm_rpc_vmstorage_is_reachable[{].*[}] 1$", host.own_text(8480, "/metrics")))


def test_all_stores_together_tell_of_every_program_of_every_host(servers, reader):
    for host in servers:
        assert reader.count(host, 'count(up{instance="server2"} == 1)') == 8
        assert reader.count(host, 'count(up{instance="agent1",job=~"node|vmagent"} == 1)') == 2
        for path in (
            "/api/v1/labels",
            "/prometheus/api/v1/query?query=up",
            "/api/v1/rules",
            "/api/v1/alerts",
            "/vmui/",
        ):
            assert reader.ask(host, path)[0] == 200, path
    assert [reached(host) for host in servers] == [3, 3, 3]


def test_nobody_reads_or_writes_without_a_password(servers, reader, ca):
    for client, status in ((Client(ca), 401), (reader, 400)):
        for path, sent in (
            ("/api/v1/write", b"x"),
            ("/insert/0/prometheus/api/v1/write", b"x"),
            ("/snapshot/create", None),
        ):
            assert client.ask(servers[0], path, sent)[0] == status, path
    for path in (
        "/select/0/prometheus/api/v1/query?query=up",
        "/prometheus/api/v1/admin/tsdb/delete_series?match[]=up",
    ):
        assert reader.ask(servers[0], path)[0] == 400, path


def test_a_store_is_reached_by_hosts_of_the_site_alone(servers, ca):
    """Its own protocol has no users: without a certificate of the site nobody comes as far."""
    for port in (8480, 8481, 8482):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((servers[0].address, port), timeout=5)
    for port in (8400, 8401):
        with socket.create_connection((servers[0].address, port), timeout=5) as plain:
            plain.sendall(b"vminsert.02" if port == 8400 else b"vmselect.01")
            assert answer(plain) == b""
        context = ssl.create_default_context(cadata=ca)
        with (
            socket.create_connection((servers[0].address, port), timeout=5) as plain,
            context.wrap_socket(plain, server_hostname=servers[0].address) as stranger,
            pytest.raises(ssl.SSLError, match="certificate required"),
        ):
            stranger.recv(1)


def answer(connection: socket.socket) -> bytes:
    try:
        return connection.recv(100)
    except ConnectionResetError:
        return b""


def all_reach(servers: list[Host]) -> None:
    wait(lambda: [reached(host) for host in servers] == [3, 3, 3], lambda: [host.ended() for host in servers], 90.0)


def test_a_store_that_is_killed_loses_nothing_and_is_not_missed(servers, reader, writer):
    first, *others = servers
    numbers, missed = Numbers("numbered", writer), Numbers("missed", writer)
    # The same ones twice, as by two that are alike.
    numbers.write(100, first, others[0])
    numbers.wait(servers)
    first.kill("vmstorage.service")
    for _more in range(5):
        numbers.write(20, *servers)
        missed.write(20, *servers)
    numbers.wait(servers)
    missed.wait(servers)
    for host in servers:
        words = f"/api/v1/query?nocache=1&latency_offset=1ms&query={numbers.query}"
        status, body = reader.ask(host, words.replace('"', "%22"))
        assert (status, json.loads(body)["isPartial"]) == (200, False)
    first.start("vmstorage.service")
    missed.write(50, first)
    all_reach(servers)
    numbers.write(50, others[1])
    numbers.wait(servers)
    # What was written since then is in both others, whichever of them goes next.
    for host in others:
        host.stop("vmstorage.service")
        missed.wait(servers)
        host.start("vmstorage.service")
        all_reach(servers)
    numbers.wait(servers)


def test_with_two_stores_away_nobody_is_told_half_of_it_and_what_is_written_waits(servers, reader, writer, receiver):
    first, second, third = servers
    numbers = Numbers("waiting", writer)
    numbers.write(100, first)
    numbers.wait(servers)
    for host in servers:
        host.stop("vmstorage.service")
    with pytest.raises(AssertionError, match="3 backends for the user"):
        reader.count(first, numbers.query)
    numbers.write(100, first, second)
    third.start("vmstorage.service")
    with pytest.raises(AssertionError, match="3 backends for the user"):
        reader.count(third, numbers.query)
    # Nobody judges by half of it either, of which somebody outside hears.
    wait(lambda: silent(receiver), lambda: receiver.alerts("/deadman")[-3:], 60.0)
    numbers.write(100, third)
    for host in (first, second):
        host.start("vmstorage.service")
    all_reach(servers)
    numbers.wait(servers)


def silent(receiver: Receiver) -> bool:
    """Whether the deadman, who is told every second otherwise, hears nothing."""
    before = len(receiver.alerts("/deadman"))
    time.sleep(4)
    return len(receiver.alerts("/deadman")) == before


def test_a_host_that_is_changed_in_its_turn_loses_nothing(servers, writer, judge, hosts):
    numbers = Numbers("turning", writer)
    numbers.write(50, servers[0])
    after = judge(version="v2", memory_percent=9)
    for host in servers:
        changed = {name for name, unit in after[host.name]["units"].items() if unit != host.made["units"][name]}
        assert changed >= {f"{name}.service" for name in PROGRAMS}
        host.made = after[host.name]
        # As systemd does by their order: stopped from the last one on, started from the first.
        for unit in reversed(UNITS):
            host.stop(unit)
        numbers.write(25, *[one for one in servers if one is not host])
        for unit in UNITS:
            host.start(unit)
        all_reach(servers)
        assert "/opt/vmstorage/v2/vmstorage" in host.made["units"]["vmstorage.service"]["content"]
    numbers.wait(servers)


def test_a_share_is_backed_up_and_restored_by_itself(servers, writer, tree, tmp_path, monkeypatch):
    first = servers[0]
    store.put_programs(tree, tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{GIVEN}:{os.environ['PATH']}")
    data = first.place / "lib/victoria-metrics/storage"
    given = {
        "name": "metrics_server1",
        "kind": "victoria_metrics",
        "data": str(data),
        "owner": store.owner(),
        "url": f"http://{first.local}:8482",
        "select": f"{first.local}:8401",
    }
    share = VictoriaMetrics(given, tmp_path / "state")
    numbers = Numbers("backed_up", writer)
    numbers.write(50, first)
    numbers.wait(servers)
    stage = tmp_path / "stage"
    stage.mkdir()
    paths, facts = share.collect(stage, Record("L1", 1), "20261127T060000Z")
    for path in map(Path, paths):
        shutil.copytree(path, stage / path.relative_to("/"))
    # Less than all, since it is one of three.
    assert 0 < facts["counts"]["series"] < first.own(8481, "/select/0/prometheus/api/v1/series/count")["data"][0]
    # Samples come in while it is taken.
    found = share.check(stage, facts, 2)["series"]
    assert found >= facts["counts"]["series"]
    with pytest.raises(BackupError, match="series came back, the manifest counts"):
        share.check(stage, {**facts, "counts": {"series": found + 1}}, 2)
    first.stop("vmstorage.service")
    with pytest.raises(BackupError, match="does not tell how many series"):
        share.collect(stage, Record("L1", 1), "20261127T070000Z")
    shutil.rmtree(data)
    share.restore(stage, facts, Record("L1", 1))
    first.start("vmstorage.service")
    assert share.confirm(stage, facts, Record("L1", 1))["series"] >= facts["counts"]["series"]
    share.settle()
    all_reach(servers)
    numbers.wait(servers)


def test_what_is_there_already_is_left_alone_once_the_gates_between_two_hosts_let_pass(judge, hosts):
    """The gates ask the programs that run."""
    again = judge(version="v2", memory_percent=9, gates=True)
    for name, one in again.items():
        assert not one["refused"], one["refused"]
        # The agent was not changed before.
        assert name not in SERVERS or {part: one[part] for part in ("units", "files")} == {
            part: hosts[name].made[part] for part in ("units", "files")
        }
    said = again["server1"]["said"]
    assert "Ask vminsert which stores it reaches" in said and "Wait until every store has this host's samples" in said
    assert set(re.findall(r" changed=(\d+) ", said)) == {"0"}, said


def test_the_deadman_is_told(servers, receiver):
    wait(lambda: "firing" in receiver.alerts("/deadman", "Watchdog"), lambda: receiver.alerts("/deadman"))


def test_a_site_with_samples_changes_its_mode_only_on_request(servers, judge):
    for host in servers:
        (host.place / "units").mkdir(exist_ok=True)
        (host.place / "units/vmstorage.service").touch()
    for changed in ({"mode": "replicated"}, {"artifacts": {}}):
        made = judge(**changed)
        for host in made.values():
            assert "victoria_metrics_accept_mode_change" in host["refused"], (changed, host["refused"])
            assert "server1 (cluster), server2 (cluster), server3 (cluster)" in host["refused"]
    accepted = judge(mode="replicated", accept_mode_change=True)
    assert {host["mode"] for host in accepted.values()} == {"replicated"}
    assert accepted["server1"]["units"]["vmstorage.service"] == {"state": "absent"}


def test_a_site_that_is_replicated_stays_so(judge, servers):
    for host in servers:
        shutil.rmtree(host.place / "units")
        shutil.move(host.place / "lib/victoria-metrics/storage", host.place / "lib/victoria-metrics/store")
    assert all("server3 (replicated)" in host["refused"] for host in judge().values())
    assert {host["refused"] for host in judge(mode="replicated").values()} == {""}
