"""A primary and two secondaries that follow its catalog: it dies, another takes over, it comes back and follows."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import daemons
import dns.message
import dns.query
import dns.rdatatype
import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import catalog
from ansible_collections.metalstack.autonomous.plugins.modules import pdns_catalog, pdns_zone
from test_transfer import served

CATALOG = "catalog.invalid."
SECONDS = 60


def address(daemon: daemons.Daemon) -> str:
    return f"127.0.0.1:{daemon.dns_port}"


def configure(daemon: daemons.Daemon, followers: list[daemons.Daemon]) -> None:
    """As the role does for a primary with followers, and for a secondary."""
    daemon.settings = {"default-soa-edit": "NONE", "secondary": "yes"}
    if followers:
        told = ",".join(address(one) for one in followers)
        daemon.settings = {"default-soa-edit": "NONE", "primary": "yes", "also-notify": told}


def restart(daemon: daemons.Daemon, followers: list[daemons.Daemon]) -> None:
    daemon.stop()
    configure(daemon, followers)
    daemon.start()


def wait(what: str, holds: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < end, f"{what}: not within {SECONDS} s"
        time.sleep(0.3)


def serials(daemon: daemons.Daemon) -> dict[str, int]:
    return {one["name"]: one["serial"] for one in daemon.request("GET", "/zones")[1]}


@pytest.fixture(autouse=True)
def one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question to a server that is gone takes two seconds."""
    monkeypatch.setattr(catalog, "ATTEMPTS", 1)


@pytest.fixture
def three(tree, server, tmp_path) -> Iterator[list[daemons.Daemon]]:
    """The first is the primary."""
    names = ("old", "new", "third")
    servers = [daemons.Daemon(tree(server.release), server.backend, tmp_path / name) for name in names]
    for daemon in servers:
        daemon.dns_port = daemons.free_port()
    for daemon in servers:
        configure(daemon, servers[1:] if daemon is servers[0] else [])
        daemon.start()
    yield servers
    for daemon in servers:
        daemon.stop()


@pytest.fixture
def site(call, three, zone) -> Callable[..., dict[str, Any]]:
    """One zone of ours and one of another client, on all three; gives a way to call the module."""

    def become(daemon: daemons.Daemon, role: str, **more: Any) -> dict[str, Any]:
        return call(pdns_catalog, api_url=daemon.url, zone=CATALOG, role=role, **more)

    def becomes(daemon: daemons.Daemon, role: str, changed: bool, **more: Any) -> None:
        done = become(daemon, role, **more)
        assert done.get("changed") is changed, done

    old, *followers = three
    becomes(old, "producer", changed=True)
    daemons.let_the_second_pass()
    for follower in followers:
        becomes(follower, "consumer", changed=True, primary=address(old))
        becomes(follower, "consumer", changed=False, primary=address(old))
    rrsets = [{"name": "a", "type": "A", "records": ["192.0.2.1"]}]
    for name in (zone, f"other-{zone}"):
        made = call(
            pdns_zone,
            api_url=old.url,
            zone=name,
            kind="primary",
            catalog=CATALOG,
            nameservers=["ns"],
            rrsets=rrsets,
            wait_for=[address(one) for one in followers],
            wait_timeout=SECONDS,
        )
        assert made.get("created"), made
    becomes(old, "producer", changed=False)
    return become


def change(call, daemon: daemons.Daemon, zone: str, value: str) -> None:
    rrsets = [{"name": "a", "type": "A", "records": [value]}]
    changed = call(pdns_zone, api_url=daemon.url, zone=zone, rrsets=rrsets)
    assert changed["changed"], changed


def test_followers_are_told_of_a_catalog_that_was_restored(call, site, three, zone, tmp_path) -> None:
    old, *followers = three
    if old.backend != "gsqlite3":
        pytest.skip("backups restore databases of SQLite alone")
    database, kept = old.directory / "pdns.sqlite3", tmp_path / "kept.sqlite3"
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(kept)) as copy:
        source.backup(copy)
    late = f"late-{zone}"
    told = {"catalog": CATALOG, "nameservers": ["ns"], "wait_for": [address(one) for one in followers]}
    made = call(pdns_zone, api_url=old.url, zone=late, kind="primary", wait_timeout=SECONDS, **told)
    assert made.get("created"), made
    later = serials(old)[CATALOG] + 1
    old.stop()
    shutil.copyfile(kept, database)
    for log in old.directory.glob("pdns.sqlite3-*"):
        log.unlink()
    with closing(sqlite3.connect(database)) as connection, connection:
        where = "type = 'SOA' AND name = 'catalog.invalid'"
        [(content,)] = connection.execute(f"SELECT content FROM records WHERE {where}").fetchall()
        words = content.split()
        words[2] = str(later)
        connection.execute(f"UPDATE records SET content = ? WHERE {where}", (" ".join(words),))
    old.start()
    assert not site(old, "producer", wait_for=[address(one) for one in followers], wait_timeout=SECONDS).get("failed")
    for follower in followers:
        wait("what was made since goes", lambda one=follower: late not in serials(one))  # type: ignore[misc]
        assert zone in serials(follower)


def test_a_secondary_takes_over_and_the_lost_primary_comes_back_as_one(call, site, three, zone, tmp_path) -> None:
    old, new, third = three
    before = serials(new)
    refused = site(new, "producer", promote=True, others=[address(third)])
    assert refused.get("failed") and "still answers" in refused["msg"], refused
    assert serials(new) == before

    old.stop()
    refused = site(new, "producer")
    assert refused.get("failed") and "by promotion only" in refused["msg"], refused
    restart(new, [third, old])
    planned = site(new, "producer", promote=True, others=[address(third)], check=True)
    assert planned["changed"] and sorted(planned["promoted"]) == sorted([zone, f"other-{zone}"])
    assert serials(new) == before
    done = site(new, "producer", promote=True, others=[address(third)])
    assert (done["changed"], sorted(done["promoted"])) == (True, sorted(planned["promoted"])), done
    assert not site(new, "producer")["changed"]
    assert serials(new)[zone] >= before[zone] + 1000

    assert site(third, "consumer", primary=address(new))["changed"]
    change(call, new, zone, "192.0.2.2")
    change(call, new, f"other-{zone}", "192.0.2.3")
    wait("changes arrive", lambda: served(third, f"a.{zone}") == ["192.0.2.2"])
    wait("changes of others arrive", lambda: served(third, f"a.other-{zone}") == ["192.0.2.3"])

    # The lost one has a change that nobody has fetched.
    old.start()
    change(call, old, zone, "192.0.2.99")
    restart(old, [])
    refused = site(old, "consumer", primary=address(new))
    assert refused.get("failed") and "another one was promoted" in refused["msg"], refused
    keep = {"primary": address(new), "demote": True, "keep_directory": str(tmp_path / "kept")}
    planned = site(old, "consumer", check=True, **keep)
    assert planned["changed"] and not (tmp_path / "kept").exists(), planned
    demoted = site(old, "consumer", **keep)
    assert demoted["changed"] and len(demoted["kept"]) == 2, demoted
    assert not site(old, "consumer", **keep)["changed"]
    wait("the lost one follows", lambda: served(old, f"a.{zone}") == ["192.0.2.2"])
    kept = [Path(file) for file in demoted["kept"]]
    assert any("192.0.2.99" in file.read_text() for file in kept)
    assert all(file.stat().st_mode & 0o077 == 0 for file in kept) and json.loads(kept[0].read_text())["metadata"]

    # And back.
    wait("it has all zones", lambda: serials(old).keys() == serials(new).keys() and all(serials(old).values()))
    new.stop()
    restart(old, [third, new])
    assert site(old, "producer", promote=True)["changed"]
    change(call, old, zone, "192.0.2.4")
    new.start()


def test_a_promotion_that_was_interrupted_is_completed(call, site, three, zone) -> None:
    old, new, third = three
    old.stop()
    restart(new, [third, old])
    assert new.request("PUT", f"/zones/{zone}", {"kind": "Master", "masters": [], "catalog": CATALOG})[0] == 204
    before = serials(new)
    done = site(new, "producer", promote=True)
    assert sorted(done["promoted"]) == sorted([zone, f"other-{zone}"]), done
    assert all(serials(new)[name] >= before[name] + 1000 for name in done["promoted"])
    change(call, new, zone, "192.0.2.5")
    assert served(new, f"a.{zone}") == ["192.0.2.5"]
    old.start()


def test_the_one_with_newer_zones_is_to_be_promoted(call, site, three, zone) -> None:
    old, new, third = three
    new.stop()
    change(call, old, zone, "192.0.2.6")
    assert old.request("PUT", f"/zones/{zone}/notify")[0] == 200
    wait("the third is newer", lambda: served(third, f"a.{zone}") == ["192.0.2.6"])
    old.stop()
    restart(new, [third, old])
    refused = site(new, "producer", promote=True, others=[address(third)])
    assert refused.get("failed") and "promote the newer one" in refused["msg"], refused
    old.start()


def test_the_one_that_knows_more_zones_is_to_be_promoted(call, site, three, zone) -> None:
    old, new, third = three
    new.stop()
    daemons.let_the_second_pass()
    late = {"zone": f"late-{zone}", "kind": "primary", "catalog": CATALOG, "nameservers": ["ns"]}
    made = call(pdns_zone, api_url=old.url, **late, wait_for=[address(third)], wait_timeout=SECONDS)
    assert made.get("created"), made
    old.stop()
    restart(new, [third, old])
    refused = site(new, "producer", promote=True, others=[address(third)])
    assert refused.get("failed") and f"has {CATALOG} with serial" in refused["msg"], refused
    # A primary that has lost everything would have the third forget it, too.
    empty = daemons.Daemon(old.tree, old.backend, old.directory.with_name("empty")).start()
    refused = site(empty, "producer", others=[address(third)])
    empty.stop()
    assert refused.get("failed") and "still has the catalog of a lost primary" in refused["msg"], refused
    old.start()


def test_who_follows_no_catalog_is_waited_for_with_the_zones_that_it_knows(call, site, three, zone) -> None:
    old, new, third = three
    if (old.release, old.backend) != ("trixie", "gsqlite3"):
        pytest.skip("it is a matter of questions, which every release answers alike")
    touched = {"touched": [zone, f"other-{zone}"], "wait_for": [address(new)], "wait_timeout": SECONDS}
    assert third.request("DELETE", f"/zones/other-{zone}")[0] == 204
    done = site(old, "producer", wait_for_some=[address(third)], **touched)
    assert done.get("changed"), done
    assert serials(third)[zone] == serials(old)[zone] and f"other-{zone}" not in serials(third)
    third.stop()
    failed = site(old, "producer", wait_for_some=[address(third)], **touched)
    assert failed.get("failed") and f"{address(third)} answers for none of the zones" in failed["msg"], failed


def test_a_zone_that_is_no_catalog_is_left_alone(call, server, zone) -> None:
    assert call(pdns_zone, zone=zone, nameservers=["ns"]).get("created")
    refused = call(pdns_catalog, zone=zone, role="producer")
    assert refused.get("failed") and "choose another name" in refused["msg"], refused


def signatures(daemon: daemons.Daemon, name: str) -> set[str]:
    """Of the addresses of a name, as a resolver that validates asks for them."""
    query = dns.message.make_query(name, "A", want_dnssec=True)
    answer = dns.query.udp(query, "127.0.0.1", port=daemon.dns_port, timeout=2).answer
    return {str(one) for found in answer if found.rdtype == dns.rdatatype.RRSIG for one in found}


def sign(call, daemon: daemons.Daemon, zone: str, **more: Any) -> dict[str, Any]:
    done: dict[str, Any] = call(pdns_zone, api_url=daemon.url, zone=zone, dnssec=True, **more)
    assert done.get("changed"), done
    return done


def test_a_signed_zone_is_signed_everywhere_and_promoted_on_request_alone(call, site, three, zone) -> None:
    """The keys stay with the primary that was lost: what it signed is served, and can be changed no more."""
    old, new, third = three
    sign(call, old, zone, wait_for=[address(new), address(third)], wait_timeout=SECONDS)
    change(call, old, zone, "192.0.2.7")
    for follower in (new, third):
        wait("the change is served", lambda one=follower: served(one, f"a.{zone}") == ["192.0.2.7"])  # type: ignore[misc]
        wait("with signatures", lambda one=follower: bool(signatures(one, f"a.{zone}")))  # type: ignore[misc]
        assert signatures(follower, f"a.{zone}") == signatures(old, f"a.{zone}")
    old.stop()
    restart(new, [third, old])
    before = serials(new)
    refused = site(new, "producer", promote=True, others=[address(third)])
    assert refused.get("failed") and f"signed with keys that only the former primary has: {zone}." in refused["msg"]
    assert serials(new) == before
    done = site(new, "producer", promote=True, others=[address(third)], accept_presigned=True)
    assert done.get("changed") and zone in done["promoted"], done
    assert signatures(new, f"a.{zone}")
    old.start()


def test_renewed_signatures_are_fetched_though_the_serial_is_the_same(call, site, three, zone) -> None:
    """A primary signs anew each week and the serial of the zone stays: a secondary compares the SOA's signature."""
    old, new, _third = three
    if old.backend != "gsqlite3":
        pytest.skip("what a secondary has is changed by SQL")
    if old.release == "bookworm":
        pytest.skip("4.7, which has had its time, did not within a minute")
    sign(call, old, zone, wait_for=[address(new)], wait_timeout=SECONDS)
    wait("it is signed", lambda: signatures(new, f"a.{zone}") == signatures(old, f"a.{zone}") != set())
    serial = serials(new)[zone]
    # As the secondary would have them when the primary has signed anew.
    with closing(sqlite3.connect(new.directory / "pdns.sqlite3")) as connection, connection:
        where = f"type = 'RRSIG' AND name IN ('{zone.rstrip('.')}', 'a.{zone.rstrip('.')}')"
        for identity, content in connection.execute(f"SELECT id, content FROM records WHERE {where}").fetchall():
            words = content.split()
            words[4:6] = ["20250117000000", "20250101000000"]
            connection.execute("UPDATE records SET content = ? WHERE id = ?", (" ".join(words), identity))
    restart(new, [])
    assert all(" 20250117000000 " in one for one in signatures(new, f"a.{zone}")), signatures(new, f"a.{zone}")
    assert old.request("PUT", f"/zones/{zone}/notify")[0] == 200
    wait("they are renewed", lambda: signatures(new, f"a.{zone}") == signatures(old, f"a.{zone}"))
    assert serials(new)[zone] == serial == serials(old)[zone]
