"""The primary of the names changes: after its loss, by a hand-over, with the keys of signed zones, and when killed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster, lab, wait_until
from name_client import Client, served
from name_servers import ADDRESS, ADDRESSES, ROLE, Api, change, green, on_all, told
from names import ask
from playbook import play, play_file, said, start
from scenario import measured
from test_secrets import in_logs

SIGNED = "signed-by-another.example."
# What `sqlite3 -readonly` would print; each server has Python.
KEYS = """
import sqlite3
database = sqlite3.connect("file:/var/lib/powerdns/pdns.sqlite3?mode=ro", uri=True)
for (content,) in database.execute("SELECT content FROM cryptokeys"):
    print(content)
"""


@pytest.mark.long
def test_the_primary_is_lost_another_one_is_promoted_and_the_way_back(cluster: Cluster, api: Api, foreign: str) -> None:
    on_all(f"a.{foreign}", ["192.0.2.1"])
    refused = play("promote_dns", "-e", "promote_dns_to=server2")
    assert refused.returncode and "server1 is the primary and is reached" in refused.output
    lab("kill", "server1")
    begin = time.monotonic()
    play("promote_dns", "-e", "promote_dns_to=server2").succeeded()
    measured("D1", "the primary dies: the playbook promote_dns", time.monotonic() - begin)
    wait_until("the API at its address", lambda: api("gardener", "GET", "/zones")[0] == 200)
    assert api("gardener", "PATCH", f"/zones/{foreign}", change(f"a.{foreign}", "192.0.2.2"))[0] == 204
    measured("D1", "the primary dies: from the playbook promote_dns until writes work again", time.monotonic() - begin)
    on_all(f"a.{foreign}", ["192.0.2.2"], hosts=("server2", "server3"))

    lab("start", "server1")
    wait_until(
        "the old one is told", lambda: "newer catalog" in cluster.on("server1", "journalctl -b -u pdns -u pdns-primary")
    )
    assert served("server1", "api.lab.example") == "Timeout"
    assert ADDRESS not in cluster.on("server1", "ip -br address")
    play_file(ROLE, "-e", "site_dns_primary=server2", timeout=300).succeeded()
    on_all(f"a.{foreign}", ["192.0.2.2"])
    assert play_file(ROLE, "-e", "site_dns_primary=server2", timeout=300).succeeded().changed() == 0

    begin = time.monotonic()
    play("promote_dns", "-e", "promote_dns_to=server1", "-e", "promote_dns_handover=true").succeeded()
    measured("D1", "the primary hands over: the playbook promote_dns", time.monotonic() - begin)
    wait_until("the API at its address", lambda: api("gardener", "GET", "/zones")[0] == 200)
    assert api("gardener", "PATCH", f"/zones/{foreign}", change(f"a.{foreign}", "192.0.2.4"))[0] == 204
    on_all(f"a.{foreign}", ["192.0.2.4"])
    assert play_file(ROLE, timeout=300).succeeded().changed() == 0


@pytest.fixture
def signed(api: Api) -> Iterator[str]:
    """A zone that a client makes and that is signed."""
    body = {
        "name": SIGNED,
        "kind": "Master",
        "dnssec": True,
        "nsec3param": "1 0 0 -",
        "nameservers": ["server1.lab.example."],
        **change(f"a.{SIGNED}", "192.0.2.1"),
    }
    status, answer = api("gardener", "POST", "/zones", body)
    assert status == 201, answer
    on_all(f"a.{SIGNED}", ["192.0.2.1"])
    yield SIGNED
    assert api("admin", "DELETE", f"/zones/{SIGNED}")[0] == 204
    # One that is made anew before would have an older serial than those who have it still.
    on_all(f"a.{SIGNED}", "REFUSED")


def signers(zone: str) -> list[Any]:
    """By which keys each server's answer is good."""
    return [ask("signers", server=address, zone=zone, name=f"a.{zone}") for address in ADDRESSES.values()]


def hand_over(to: str, *arguments: str) -> tuple[str, ...]:
    return ("-e", f"promote_dns_to={to}", "-e", "promote_dns_handover=true", *arguments)


@pytest.mark.long
def test_a_signed_zone_is_handed_over_with_its_keys_and_back(cluster: Cluster, api: Api, signed: str) -> None:
    wait_until("it is signed everywhere", lambda: all(isinstance(keys, list) for keys in signers(signed)))
    before = signers(signed)
    assert before[0] == before[1] == before[2]
    lines = cluster.on("server1", "python3 -", stdin=KEYS).splitlines()
    secrets = [line.split()[1] for line in lines if line.startswith("PrivateKey:")]
    assert secrets
    # As if the primary were lost, and the site has no object storage.
    lost = play("promote_dns", "-e", "promote_dns_to=server2", "--limit", "server2,server3")
    assert lost.returncode and "signed with keys that only the lost primary has" in said(lost), lost.output[-3000:]
    assert "promote_dns_accept_presigned" in said(lost) and lost.changed() == 0

    play("promote_dns", *hand_over("server2", "--check")).succeeded()
    assert cluster.on("server2", "python3 -", stdin=KEYS).strip() == "" and signers(signed) == before
    for number, (host, other) in enumerate((("server2", "server1"), ("server1", "server2")), 2):
        play("promote_dns", *hand_over(host)).succeeded()
        wait_until("the API at its address", lambda: api("gardener", "GET", "/zones")[0] == 200)
        assert api("gardener", "PATCH", f"/zones/{signed}", change(f"a.{signed}", f"192.0.2.{number}"))[0] == 204
        on_all(f"a.{signed}", [f"192.0.2.{number}"])
        wait_until("it is signed by the same keys", lambda: signers(signed) == before)
        assert cluster.on(other, "python3 -", stdin=KEYS).strip() == ""
        assert play("promote_dns", *hand_over(host)).succeeded().changed() == 0
    assert play_file(ROLE, timeout=300).succeeded().changed() == 0
    assert not in_logs(secrets)


@pytest.mark.long
def test_a_hand_over_that_was_killed_at_any_place_is_completed_by_the_same_command(
    cluster: Cluster, api: Api, signed: str, tmp_path: Path
) -> None:
    """Each kill is in a hand-over of its own, to and fro; names are answered by somebody all the while."""
    wait_until("it is signed everywhere", lambda: all(isinstance(keys, list) for keys in signers(signed)))
    before = signers(signed)
    tasks = (
        "Read those of the primary that is to be relieved",
        "Take no more writes",
        "Wait until the others have everything",
        "Fall silent",
        "Configure and start PowerDNS",
        "Tell the secondaries which zones there are",
        "Follow the primary",
        "Wait until they serve what it has",
    )
    for number, task in enumerate(tasks):
        to = ("server2", "server1")[number % 2]
        directory = tmp_path / str(number)
        directory.mkdir()
        with Client(list(ADDRESSES), f"a.{signed}", "192.0.2.1") as client:
            run = start("promote_dns", directory, *hand_over(to))
            try:
                run.wait_for(lambda record, name=task: str(record.get("task")).endswith(name))  # type: ignore[misc]
                # It is under way by then.
                time.sleep(1)
            finally:
                run.kill()
            play("promote_dns", *hand_over(to)).succeeded()
        assert client.false == [], task
        wait_until("the API at its address", lambda: api("gardener", "GET", "/zones")[0] == 200)
        wait_until("all follow and are signed", lambda: signers(signed) == before)
        assert play("promote_dns", *hand_over(to)).succeeded().changed() == 0, task
        told(f"seconds without an answer, killed at {task!r}", round(client.longest, 1))
    assert play_file(ROLE, timeout=300).succeeded().changed() == 0
    green()


def test_what_was_not_asked_for_is_refused(cluster: Cluster) -> None:
    for arguments, word in ((["-e", "promote_dns_to=server9"], "one of"), ([], "found: nothing")):
        run = play("promote_dns", *arguments)
        assert run.returncode and word in run.output and run.changed() == 0
