"""A primary and a secondary of the same release: catalog, TSIG, notification, and waiting for what is served."""

from __future__ import annotations

import base64
import sqlite3
import time
from collections.abc import Iterator

import daemons
import dns.message
import dns.query
import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import pdns_info, pdns_tsigkey, pdns_zone

SECRET = base64.b64encode(b"a secret of a test, 32 octets ..").decode()
CATALOG = "catalog.invalid."
KEY = "transfer.invalid."
SQLITE = [(release, "gsqlite3") for release in daemons.RELEASES]


@pytest.fixture
def settings() -> dict[str, str]:
    """What both servers have besides; a test may say otherwise."""
    return {}


@pytest.fixture
def pair(tree, server, settings, tmp_path) -> Iterator[tuple[daemons.Daemon, daemons.Daemon]]:
    """A primary and a secondary, both empty."""
    primary, secondary = (
        daemons.Daemon(tree(server.release), server.backend, tmp_path / role, {role: "yes", **settings})
        for role in ("primary", "secondary")
    )
    primary.start()
    secondary.start()
    yield primary, secondary
    primary.stop()
    secondary.stop()


def served(daemon, name, rtype="A"):
    query = dns.message.make_query(name, rtype)
    answer = dns.query.udp(query, "127.0.0.1", port=daemon.dns_port, timeout=2).answer
    return [str(one) for one in answer[0]] if answer else []


def test_members_of_a_catalog_appear_change_and_disappear(call, pair, zone):
    primary, secondary = pair
    here, there = (f"127.0.0.1:{one.dns_port}" for one in pair)
    told = {"api_url": primary.url, "metadata": {"ALSO-NOTIFY": [there]}}
    made = call(pdns_zone, zone=CATALOG, kind="producer", nameservers=["invalid."], **told)
    assert made.get("created"), made
    consumer = {"api_url": secondary.url, "zone": CATALOG, "kind": "consumer", "masters": [here]}
    assert call(pdns_zone, **consumer).get("created")
    assert not call(pdns_zone, **consumer)["changed"]
    daemons.let_the_second_pass()

    rrsets = [{"name": "a", "type": "A", "records": ["192.0.2.1"]}]
    member = {"zone": zone, "kind": "primary", "catalog": CATALOG, "nameservers": ["ns"], "rrsets": rrsets, **told}
    waiting = {"wait_for": [here, there], "wait_timeout": 60}
    first = call(pdns_zone, **member, **waiting)
    assert first.get("created"), first
    rrsets[0]["records"] = ["192.0.2.2"]
    assert call(pdns_zone, **member, **waiting)["changed"]
    assert served(secondary, f"a.{zone}") == ["192.0.2.2"]
    assert call(pdns_zone, api_url=primary.url, zone=zone, state="absent")["changed"]
    end = time.monotonic() + 60
    while served(secondary, f"a.{zone}") and time.monotonic() < end:
        time.sleep(0.5)
    assert secondary.request("GET", f"/zones?zone={zone}")[1] == []


@pytest.mark.parametrize("settings", [{"xfr-cycle-interval": "3600"}], ids=[""])
def test_secondaries_are_told_of_a_change_unless_they_are_not_to_be(call, pair, zone):
    """By us: for an hour the servers themselves look for nothing new."""
    primary, secondary = pair
    here, there = (f"127.0.0.1:{one.dns_port}" for one in pair)

    def written(value, notify=False, **options):
        rrsets = [{"name": "a", "type": "A", "records": [value]}]
        wanted = {"zone": zone, "kind": "primary", "nameservers": ["ns"], "metadata": {"ALSO-NOTIFY": [there]}}
        return call(pdns_zone, api_url=primary.url, rrsets=rrsets, notify=notify, **wanted, **options)

    assert written("192.0.2.1").get("created")
    fed = {"api_url": secondary.url, "zone": zone, "kind": "secondary", "masters": [here]}
    assert call(pdns_zone, **fed, wait_for=[there], wait_timeout=30).get("created")
    assert served(secondary, f"a.{zone}") == ["192.0.2.1"]
    quiet = written("192.0.2.2", wait_for=[there], wait_timeout=5)
    assert quiet.get("failed") and f"not served by {there}" in quiet["msg"], quiet
    assert served(secondary, f"a.{zone}") == ["192.0.2.1"]
    assert written("192.0.2.3", notify=True, wait_for=[there], wait_timeout=30)["changed"]
    assert served(secondary, f"a.{zone}") == ["192.0.2.3"]


def test_a_zone_is_transferred_with_its_key_alone(call, pair, zone):
    primary, secondary = pair
    here, there = (f"127.0.0.1:{one.dns_port}" for one in pair)
    for one in pair:
        assert call(pdns_tsigkey, api_url=one.url, name=KEY, secret=SECRET)["changed"]
        # The test's own address has no other right.
        one.stop()
        one.settings["allow-axfr-ips"] = ""
        one.start()
    fed = {"api_url": secondary.url, "zone": zone, "kind": "secondary", "masters": [here], "slave_tsig_key_ids": [KEY]}
    assert call(pdns_zone, **fed).get("created")
    given = {"api_url": primary.url, "zone": zone, "kind": "primary", "nameservers": ["ns"]}
    result = call(
        pdns_zone,
        **given,
        master_tsig_key_ids=[KEY],
        metadata={"ALSO-NOTIFY": [there]},
        wait_for=[there],
        wait_timeout=60,
    )
    assert result.get("created"), result
    refused = dns.query.tcp(dns.message.make_query(zone, "AXFR"), "127.0.0.1", port=primary.dns_port, timeout=2)
    assert refused.rcode() != 0


def test_a_server_that_does_not_follow_is_named(call, pair, zone):
    primary, secondary = pair
    there = f"127.0.0.1:{secondary.dns_port}"
    result = call(pdns_zone, api_url=primary.url, zone=zone, nameservers=["ns"], wait_for=[there], wait_timeout=1.5)
    assert result["failed"] and f"not served by {there} (no answer)" in result["msg"], result


# Of each kind that is stored in a way of its own, and whatever a transfer might write otherwise.
KINDS = [
    {"name": "@", "type": "MX", "records": ["10 Mail", "20 mail2.example.net."]},
    {"name": "@", "type": "TXT", "records": ['"Upper and lower"', '"v=spf1 -all"']},
    {"name": "@", "type": "CAA", "records": ['0 issue "CA.example.net"']},
    {"name": "long", "type": "TXT", "records": ["x" * 300, '"quote \\" and \\195\\188"']},
    {"name": "Upper", "type": "A", "records": ["192.0.2.1", "192.0.2.2"], "ttl": 60},
    {"name": "six", "type": "AAAA", "records": ["2001:DB8::1"]},
    {"name": "alias", "type": "CNAME", "records": ["Upper.Example.NET."]},
    {"name": "*.wild", "type": "A", "records": ["192.0.2.3"]},
    {"name": "_sip._tcp", "type": "SRV", "records": ["10 20 5060 Mail"]},
    {"name": "p", "type": "PTR", "records": ["Host.Example.net."]},
    {"name": "na", "type": "NAPTR", "records": ['100 10 "U" "E2U+sip" "!^.*$!sip:a@example.net!" .']},
    {"name": "web", "type": "HTTPS", "records": ["1 . alpn=h2"]},
    {"name": "deep.below.it", "type": "SSHFP", "records": ["1 2 " + "AB" * 32]},
]


@pytest.mark.parametrize("server", SQLITE, indirect=True, ids=daemons.RELEASES)
@pytest.mark.parametrize("dnssec", [False, True], ids=["plain", "signed"])
def test_what_was_transferred_is_the_same_by_its_hash_and_what_was_lost_is_not(call, pair, zone, dnssec):
    primary, secondary = pair
    here, there = (f"127.0.0.1:{one.dns_port}" for one in pair)
    follow = {"zone": zone, "kind": "secondary", "masters": [here]}
    assert call(pdns_zone, api_url=secondary.url, **follow)["created"]
    wanted = {"zone": zone, "kind": "primary", "nameservers": ["ns"], "rrsets": KINDS, "dnssec": dnssec}
    made = call(pdns_zone, api_url=primary.url, metadata={"ALSO-NOTIFY": [there]}, wait_for=[here, there], **wanted)
    assert made.get("created"), made

    def contents(daemon):
        path = daemon.directory / "pdns.sqlite3"
        (found,) = call(pdns_info, api_url=daemon.url, database=str(path))["zones"]
        assert found["contents"]["serial"] == found["serial"]
        assert found["dnssec"] == dnssec
        return found["contents"]

    end = time.monotonic() + 30
    while contents(secondary)["serial"] != contents(primary)["serial"] and time.monotonic() < end:
        time.sleep(0.2)
    whole = contents(primary)
    if dnssec:
        assert served(secondary, zone, "DNSKEY")
    assert whole["records"] == 1 + sum(len(one["records"]) for one in KINDS) and not whole["bare"]
    assert contents(secondary) == whole
    database = sqlite3.connect(secondary.directory / "pdns.sqlite3", timeout=30)
    database.execute("DELETE FROM records WHERE type NOT IN ('SOA', 'NS')")
    database.commit()
    database.close()
    assert contents(secondary) == {**contents(secondary), "serial": whole["serial"], "records": 1, "bare": True}
    assert contents(secondary)["hash"] != whole["hash"]
