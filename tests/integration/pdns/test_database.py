"""The database under real servers: every zone is transferred with the key, whoever makes it."""

from __future__ import annotations

import base64
import stat
import time

import daemons
import dns.message
import dns.query
import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import proof
from ansible_collections.metalstack.autonomous.plugins.modules import pdns_database, pdns_tsigkey, pdns_zone

SECRET = base64.b64encode(b"a secret of a test, 32 octets ..").decode()
KEY = "transfer.invalid"
SQLITE = [(release, "gsqlite3") for release in daemons.RELEASES]

sqlite = pytest.mark.parametrize("server", SQLITE, indirect=True, ids=daemons.RELEASES)


@pytest.fixture
def make(call, tree, server, tmp_path):
    schema = tree(server.release) / "usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"

    def run(directory="one", **options):
        path = tmp_path / directory / "pdns.sqlite3"
        path.parent.mkdir(exist_ok=True)
        return path, call(pdns_database, bare=True, path=str(path), schema=str(schema), owner="", **options)

    return run


def serial(daemon, zone):
    """0 without the zone, and until its records are there."""
    return next((one["serial"] for one in daemon.request("GET", f"/zones?zone={zone}")[1]), 0)


@sqlite
def test_a_database_is_made_once_and_keeps_what_it_holds(make, call, tree, server, zone):
    path, predicted = make(check=True, transfer_key=KEY)
    assert predicted["created"] and not path.exists()
    assert make(transfer_key=KEY)[1]["created"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    own = daemons.Daemon(tree(server.release), "gsqlite3", path.parent).start()
    try:
        assert call(pdns_zone, api_url=own.url, zone=zone, nameservers=["ns"])["created"]
        assert not make(transfer_key=KEY)[1]["changed"]
        other = make(transfer_key="other.invalid", check=True)[1]
        assert other["changed"] and own.request("GET", f"/zones/{zone}")[1]["master_tsig_key_ids"] == [f"{KEY}."]
        assert "1 zones get the key other.invalid." in make(transfer_key="other.invalid")[1]["diff"]["after"]
        assert not make(transfer_key="other.invalid")[1]["changed"]
    finally:
        own.stop()


@sqlite
def test_a_zone_that_anybody_makes_reaches_the_secondary_with_the_key_alone(make, call, tree, server, zone):
    # The address of both has no right of its own; only the key opens a zone.
    options = {"allow-axfr-ips": "", "default-soa-edit": "NONE"}
    if server.release != "bookworm":
        options["default-catalog-zone"] = "catalog.invalid"
    started = []
    try:
        for name, role in (("one", "primary"), ("two", "secondary")):
            path, made = make(name, transfer_key=KEY)
            assert made["created"]
            started.append(
                daemons.Daemon(tree(server.release), "gsqlite3", path.parent, {**options, role: "yes"}).start()
            )
            assert call(pdns_tsigkey, api_url=started[-1].url, name=KEY, secret=SECRET)["changed"]
        primary, secondary = started
        here, there = (f"127.0.0.1:{one.dns_port}" for one in started)
        producer = {"zone": "catalog.invalid", "kind": "producer", "nameservers": ["invalid."]}
        assert call(pdns_zone, api_url=primary.url, metadata={"ALSO-NOTIFY": [there]}, **producer)["created"]
        consumer = {"zone": "catalog.invalid", "kind": "consumer", "masters": [here]}
        assert call(pdns_zone, api_url=secondary.url, **consumer)["created"]
        daemons.let_the_second_pass()
        body = {"name": zone, "kind": "Master", "nameservers": [f"ns.{zone}"]}
        if server.release == "bookworm":
            body["catalog"] = "catalog.invalid."
        assert primary.request("POST", "/zones", body)[0] == 201
        end = time.monotonic() + 30
        while not serial(secondary, zone) and time.monotonic() < end:
            time.sleep(0.2)
        assert serial(secondary, zone)
        for one in started:
            refused = dns.query.tcp(dns.message.make_query(zone, "AXFR"), "127.0.0.1", port=one.dns_port, timeout=2)
            assert refused.rcode() != 0
    finally:
        for one in started:
            one.stop()


@sqlite
def test_a_file_that_is_no_database_is_refused_and_stays(make, tmp_path):
    path = tmp_path / "one" / "pdns.sqlite3"
    path.parent.mkdir()
    path.write_text("something else")
    result = make(transfer_key=KEY)[1]
    assert result["failed"] and "not a database" in result["msg"]
    assert path.read_text() == "something else"


@pytest.mark.parametrize("server", SQLITE[1:2], indirect=True, ids=["trixie"])
def test_the_log_of_a_lost_database_is_not_written_into_a_new_one(make, tmp_path):
    log = tmp_path / "one" / "pdns.sqlite3-wal"
    log.parent.mkdir()
    log.write_bytes(b"what was written last")
    path, refused = make(transfer_key=KEY)
    assert refused.get("failed") and "without its database" in refused["msg"], refused
    assert not path.exists() and log.exists()


@sqlite
def test_zones_are_transferred_in_every_step_of_another_key_and_the_former_one_is_refused(
    make, call, tree, server, zone
):
    former, new = (
        ("old.invalid", SECRET),
        ("new.invalid", base64.b64encode(b"another one of 32 octets ........").decode()),
    )
    options = {"allow-axfr-ips": "", "send-signed-notify": "no", "allow-notify-from": "127.0.0.1"}
    started = []

    def step(pair, *steps):
        for step in steps:
            for name in ("one", "two"):
                result = make(name, transfer_key=pair[0], transfer_secret=pair[1], step=step)[1]
                assert not result.get("failed"), result

    def arrives():
        address = f"192.0.2.{len(seen) + 1}"
        seen.append(address)
        sets = [{"name": "a", "type": "A", "records": [address]}]
        assert call(pdns_zone, api_url=primary.url, zone=zone, rrsets=sets, wait_for=[there], wait_timeout=20)[
            "changed"
        ]

    def told(pair):
        return [proof.transferred(server, zone, f"{pair[0]}.", pair[1]) for server in (here, there)]

    seen = []
    step(former, "accepted", "used", "only")
    try:
        for name, role in (("one", "primary"), ("two", "secondary")):
            path = make(name, transfer_key=former[0])[0]
            started.append(
                daemons.Daemon(tree(server.release), "gsqlite3", path.parent, {**options, role: "yes"}).start()
            )
        primary, secondary = started
        here, there = (f"127.0.0.1:{one.dns_port}" for one in started)
        given = {"api_url": primary.url, "zone": zone, "kind": "primary", "nameservers": ["ns"]}
        assert call(pdns_zone, metadata={"ALSO-NOTIFY": [there]}, **given)["created"]
        assert call(pdns_zone, api_url=secondary.url, zone=zone, kind="secondary", masters=[here])["created"]
        arrives()
        assert (told(former), told(new)) == ([proof.SERVED] * 2, [proof.REFUSED] * 2)
        for one in ("accepted", "used"):
            step(new, one)
            arrives()
            assert (told(former), told(new)) == ([proof.SERVED] * 2, [proof.SERVED] * 2)
        step(new, "only")
        arrives()
        assert (told(former), told(new)) == ([proof.REFUSED] * 2, [proof.SERVED] * 2)
    finally:
        for one in started:
            one.stop()
