"""What the role makes of its inputs: refused, or a site of three stores that works while one of them is away."""

from __future__ import annotations

import json
import os
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import playing
import pytest
import store
from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring import alerts
from ansible_collections.metalstack.autonomous.plugins.module_utils._monitoring import client as alert_client
from playing import PEER, READER, VERSIONS, WRITER, inputs, installed
from running import Client, Host, Receiver, now, remote_write, wait

from lab import debian, settings

# Addresses that no other run on this machine has.
NETWORK = f"127.{os.getpid() // 256 % 254 + 1}.{os.getpid() % 256}"
SERVERS = {f"server{number}": f"{NETWORK}.{10 + number}" for number in (1, 2, 3)}
LOCALS = {name: f"{NETWORK}.{110 + number}" for number, name in enumerate((*SERVERS, "agent1", "alone"))}
FAULTY = "{groups: [{name: faulty, rules: [{alert: Faulty, expr: 'sum(up'}]}]}"
RULES = "{groups: [{name: site, interval: 1s, rules: [{alert: TooHot, expr: 'temperature > 40'}]}]}"


@pytest.fixture(scope="module")
def trees() -> dict[str, Path]:
    cache = settings.from_environment().cache
    return {release: debian.tree(cache, release, store.PACKAGES) for release in store.RELEASES}


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    found = Receiver(f"{NETWORK}.1")
    yield found
    found.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory, trees, site, receiver) -> dict[str, dict[str, Any]]:
    """All hosts in one run: those that are to be refused, and those that are to run."""
    directory = tmp_path_factory.mktemp("role")
    for name, text in (("site.yml", RULES), ("faulty.yml", FAULTY)):
        (directory / name).write_text(text)
    base = {
        **playing.hurried(site),
        "writers": {"partition-a": WRITER},
        "receivers": [{"name": "duty", "webhook_configs": [{"url": f"{receiver.url}/duty", "max_alerts": 0}]}],
        "rules": [str(directory / "site.yml")],
        "deadman_url": f"{receiver.url}/deadman",
    }
    hosts: dict[str, dict[str, Any]] = {}
    for name, local in LOCALS.items():
        servers = {"alone": f"{NETWORK}.20"} if name == "alone" else SERVERS
        release = "bookworm" if name == "agent1" else "trixie"
        place = directory / name
        hosts[name] = {
            **inputs({**base, "host": name, "servers": servers}),
            **installed(VERSIONS[release]),
            "place": str(place),
            "local": local,
        }
    hosts["alone"]["victoria_metrics_deadman_url"] = f"{receiver.url}/deadman-of-one"
    hosts["old"] = {**hosts["server1"], **installed(VERSIONS["bookworm"])}
    hosts["spoilt"] = {**hosts["server1"], "victoria_metrics_buffer": "much"}
    hosts["server1"]["reads"] = True
    hosts["faulty"] = {**hosts["server1"], "victoria_metrics_rules": [str(directory / "faulty.yml")]}
    unread = [{"name": "duty", "webhook_configs": [{"url": "http://user:hidden@x/", "uri": "hidden"}]}]
    hosts["unread"] = {**hosts["server1"], "victoria_metrics_receivers": unread}
    found, said = playing.play(directory, hosts, trees["trixie"])
    assert "hidden" not in said
    return found


def test_what_is_wrong_is_said(made):
    assert "victoria_metrics_buffer is 'much'" in made["spoilt"]["refused"]
    assert "use Debian 13 for every host of victoria_metrics_servers" in made["old"]["refused"]


def test_rules_that_vmalert_does_not_read_are_refused(made):
    assert "invalid expression for rule" in made["faulty"]["refused"], made["faulty"]


def test_receivers_that_alertmanager_does_not_read_are_refused_and_not_shown(made):
    refused = made["unread"]["refused"]
    assert "victoria_metrics_receivers" in refused and "field uri not found" in refused, refused


def test_no_secret_is_where_others_read_it(made):
    for name in ("server1", "agent1"):
        found = made[name]
        public = json.dumps([found["units"], found["files"]])
        for secret in (PEER, READER, WRITER):
            assert secret not in public
        assert PEER in json.dumps(found["secret_files"])
    assert READER not in json.dumps(made["agent1"]["secret_files"])


@pytest.fixture(scope="module")
def hosts(made, trees, site) -> Iterator[dict[str, Host]]:
    """Three hosts with a store and one without, the latter of an older release."""
    found = {}
    for name, local in LOCALS.items():
        address = {**SERVERS, "alone": f"{NETWORK}.20"}.get(name, "")
        tree = trees["bookworm" if name == "agent1" else "trixie"]
        found[name] = playing.host(name, made[name], tree, address, local, site)
    try:
        for name in (*SERVERS, "agent1"):
            found[name].start_all()
        yield found
    finally:
        for host in found.values():
            host.stop_all()


@pytest.fixture(scope="module")
def servers(hosts) -> list[Host]:
    """Those with a store, once every store has all samples of every host."""
    found = [hosts[name] for name in SERVERS]

    def count(host: Host) -> float:
        return host.stored('count(up{site="example"} == 1)')

    def state() -> object:
        asked = "up unless (up == 1)"
        return {
            name: (host.ended(), host.address and host.own(8428, f"/api/v1/query?query={asked.replace(' ', '%20')}"))
            for name, host in hosts.items()
            if name != "alone"
        }

    wait(lambda: all(count(host) == 3 * 6 + 2 for host in found), state)
    return found


def test_every_store_tells_of_every_program_of_every_host(servers, reader):
    for host in servers:
        assert reader.count(host, 'count(up{site="example",job="node"} == 1)') == 4
        assert reader.count(host, 'count(up{instance="server2"} == 1)') == 6
        assert reader.count(host, 'count(up{instance="agent1",job=~"node|vmagent"} == 1)') == 2


def test_what_a_partition_writes_is_in_every_store_and_tells_who_wrote_it(servers, writer):
    body = remote_write("written", {"writer": "somebody else"}, [(7.0, now())])
    assert writer.ask(servers[0], "/api/v1/write", body)[0] == 204
    for host in servers:
        wait(lambda host=host: host.stored('written{writer="partition-a"}') == 7.0, lambda host=host: host.name)
        assert host.stored('count(written{writer!="partition-a"})') == 0


@pytest.mark.parametrize("user", [("", ""), ("partition-a", "wrong"), ("reader", WRITER), ("nobody", READER)])
def test_nobody_reads_or_writes_without_a_password(servers, ca, user):
    client = Client(ca, *user)
    body = remote_write("anonymous", {}, [(1.0, now())])
    for path, sent in (("/api/v1/write", body), ("/api/v1/query?query=up", None), ("/", None), ("/vmui/", None)):
        assert client.ask(servers[0], path, sent)[0] == 401, path
    for path in ("/metrics", "/flags", "/debug/pprof/cmdline", "/-/reload"):
        assert client.ask(servers[0], path)[0] == 401, path


def test_everybody_may_do_what_is_theirs_alone(servers, reader, writer, ca):
    body = remote_write("forbidden", {}, [(1.0, now())])
    peer = Client(ca, "peer", PEER)
    for client, path, sent in (
        (reader, "/api/v1/write", body),
        (reader, "/api/v1/admin/tsdb/delete_series?match[]=up", None),
        (reader, "/prometheus/api/v1/admin/tsdb/delete_series?match[]=up", None),
        (reader, "/api/v1/import/prometheus", b"forbidden 1"),
        (reader, "/snapshot/create", None),
        (reader, "/internal/force_flush", None),
        (reader, "/api/v2/alerts", None),
        (reader, "/metrics", None),
        (writer, "/api/v1/query?query=up", None),
        (writer, "/-/reload", None),
        (peer, "/api/v1/admin/tsdb/delete_series?match[]=up", None),
        (peer, "/snapshot/delete_all", None),
    ):
        assert client.ask(servers[0], path, sent)[0] == 400, (client.user, path)
    for path in ("/api/v1/labels", "/prometheus/api/v1/query?query=up", "/api/v1/rules", "/api/v1/alerts"):
        assert reader.ask(servers[0], path)[0] == 200, path


def test_the_network_is_spoken_to_by_tls_alone(servers):
    with socket.create_connection((servers[0].address, 8427), timeout=5) as plain:
        plain.sendall(b"GET /health HTTP/1.0\r\n\r\n")
        assert not plain.recv(100).startswith(b"HTTP/1.0 200")
    for port in (8428, 8429, 8880, 8426, 9093, 9100):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((servers[0].address, port), timeout=5)


def test_nobody_is_of_the_mesh_without_a_certificate(servers, ca):
    wait(lambda: all(peers(host) == 3 for host in servers), lambda: [peers(host) for host in servers])
    context = ssl.create_default_context(cadata=ca)
    with (
        socket.create_connection((servers[0].address, 9094), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=servers[0].address) as stranger,
        pytest.raises(ssl.SSLError, match="certificate required"),
    ):
        stranger.recv(1)


def peers(host: Host) -> int:
    return len(host.own(9093, "/api/v2/status")["cluster"]["peers"])


def test_an_alert_is_told_once_and_resolved_and_the_deadman_is_told_all_the_time(servers, writer, receiver):
    heat(servers, writer, 50.0)
    wait(lambda: receiver.alerts("/duty", "TooHot") == ["firing"], lambda: receiver.alerts("/duty"))
    before = len(receiver.alerts("/deadman"))
    heat(servers, writer, 20.0)
    wait(lambda: "resolved" in receiver.alerts("/duty", "TooHot"), lambda: receiver.alerts("/duty"))
    assert receiver.alerts("/duty", "TooHot") == ["firing", "resolved"]
    wait(lambda: len(receiver.alerts("/deadman", "Watchdog")) > before + 1, lambda: receiver.alerts("/deadman"))
    assert receiver.alerts("/duty", "Watchdog") == []


def heat(servers: list[Host], writer: Client, value: float) -> None:
    assert writer.ask(servers[1], "/api/v1/write", remote_write("temperature", {}, [(value, now())]))[0] == 204


def told(host: Host) -> dict[str, tuple[bool | None, bool | None]]:
    """Each alert that the host tells, whether it is silenced, and whether its own rules find it."""
    asked = ((9093, alerts.TOLD_PATH), (8880, alerts.RULES_PATH))
    seen = alerts.facts(*(alert_client.ask(f"http://{host.local}:{port}", path, 5) for port, path in asked))
    assert seen["watchdog"] and seen["rules"] == {"judged": 2, "failing": 0, "last_error": ""}
    return {one["name"]: (one["silenced"], one["judged_here"]) for one in seen["alerts"]}


def test_every_host_says_what_fires_and_what_somebody_has_silenced(servers, writer):
    heat(servers, writer, 50.0)
    for silenced in (False, True):
        wanted = {"Watchdog": (False, True), "TooHot": (silenced, True)}
        wait(lambda wanted=wanted: all(told(host) == wanted for host in servers), lambda: [*map(told, servers)])
        # Somebody tells one of them that they know; the others hear of it.
        servers[0].silence("TooHot", now() // 1000 + 60)
    heat(servers, writer, 20.0)
    wait(lambda: all("TooHot" not in told(host) for host in servers), lambda: [*map(told, servers)])


def test_a_store_that_is_away_loses_nothing_and_is_not_missed(servers, reader, writer):
    first, *others = servers
    begun = now()
    query = 'count_over_time(numbered{writer="partition-a"}[10m])'

    def write(numbers: range) -> None:
        body = remote_write("numbered", {}, [(float(number), begun - 300_000 + 1000 * number) for number in numbers])
        for host in (first, others[0]):  # the same one twice, as by two that are alike
            assert writer.ask(host, "/api/v1/write", body)[0] == 204

    write(range(100))
    wait(lambda: all(host.stored(query) == 100 for host in servers), lambda: [host.stored(query) for host in servers])
    first.stop("victoria-metrics.service")
    write(range(100, 200))
    wait(lambda: all(host.stored(query) == 200 for host in others), lambda: [host.stored(query) for host in others])
    # Asked at the host whose store is away, and of one whose own is there.
    for host in servers:
        assert reader.count(host, query) == 200
    # What waits outlives the agent that waits.
    first.stop("vmagent.service")
    first.start("vmagent.service")
    write_again = range(200, 250)
    wait(lambda: first.own(8429, "/api/v1/targets")["status"] == "success", lambda: first.ended())
    write(write_again)
    first.start("victoria-metrics.service")
    wait(lambda: first.stored(query) == 250, lambda: (first.ended(), first.stored(query)))
    assert [host.stored(query) for host in servers] == [250, 250, 250]


def test_a_store_that_is_killed_loses_nothing_either(servers, reader, writer):
    """It had not written yet what it had taken, and nobody brings that again; so it asks the others."""
    first = servers[0]
    begun, query = now(), 'count_over_time(killed{writer="partition-a"}[10m])'
    samples = [(float(number), begun - 300_000 + 1000 * number) for number in range(100)]
    assert writer.ask(first, "/api/v1/write", remote_write("killed", {}, samples))[0] == 204
    wait(lambda: all(host.stored(query) == 100 for host in servers), lambda: [host.stored(query) for host in servers])
    first.kill("victoria-metrics.service")
    first.start("victoria-metrics.service")
    wait(lambda: first.stored(query) == 100, lambda: (first.ended(), first.stored(query)), 90.0)
    # None is there twice, and what the others had already they have as before.
    assert [host.stored(query) for host in servers] == [100, 100, 100]
    assert reader.count(first, 'count(killed{writer="partition-a"})') == 1


def test_a_host_alone_does_it_all_by_itself(hosts, reader, receiver):
    alone = hosts["alone"]
    alone.start_all()
    wait(lambda: "firing" in receiver.alerts("/deadman-of-one", "Watchdog"), lambda: alone.ended())
    wait(lambda: reader.count(alone, "count(up == 1)") == 6, lambda: alone.ended())
    assert alone.own(9093, "/api/v2/status")["cluster"]["status"] == "disabled"
