"""A signed zone changes its primary: the keys go with it, and whoever validates sees nothing of it."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import daemons
import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rdatatype
import dns.rrset
import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import (
    catalog,
    client,
    signing_database,
    signing_keys,
)
from ansible_collections.metalstack.autonomous.plugins.modules import pdns_catalog, pdns_signing_keys, pdns_zone
from test_catalog import CATALOG, address, configure, wait
from test_transfer import served

NSEC, NSEC3, PLAIN = "nsec.example.", "nsec3.example.", "plain.example."
DATABASE = "pdns.sqlite3"
# A key of nobody.
STRANGE = f"Algorithm: 13 (ECDSAP256SHA256)\nPrivateKey: {base64.b64encode(bytes(range(32))).decode()}\n"


@dataclass
class Site:
    """What is left when the primary has died: a secondary as it is on disk, another one, and the primary's database."""

    tree: Path
    old: Path
    new: Path
    third: daemons.Daemon
    address: str
    keys: dict[str, dns.rrset.RRset]
    cds: set[str]


def serials(daemon: daemons.Daemon) -> dict[str, int]:
    """Without a question for DNSSEC: amid a transfer, a server would remember for a minute that there is none."""
    return {one["name"]: one["serial"] for one in daemon.request("GET", "/zones?dnssec=false")[1]}


def ask(daemon: daemons.Daemon, name: str, rtype: str) -> dns.message.Message:
    query = dns.message.make_query(name, rtype, want_dnssec=True)
    return dns.query.tcp(query, "127.0.0.1", port=daemon.dns_port, timeout=3)


def found(daemon: daemons.Daemon, name: str, rtype: str) -> set[str]:
    answer = ask(daemon, name, rtype).answer
    return {str(one) for rrset in answer if rrset.rdtype == dns.rdatatype.from_text(rtype) for one in rrset}


def validated(keys: dict[str, dns.rrset.RRset], zone: str, message: dns.message.Message) -> list[dns.rrset.RRset]:
    """The signed sets of an answer, each of which is good by the keys that the zone had; nothing is unsigned."""
    trusted = {dns.name.from_text(zone): keys[zone]}
    sections = [*message.answer, *message.authority]
    sets = [one for one in sections if one.rdtype != dns.rdatatype.RRSIG]
    for one in sets:
        signatures = [s for s in sections if s.rdtype == dns.rdatatype.RRSIG and s.covers == one.rdtype]
        [signature] = [s for s in signatures if s.name == one.name]
        dns.dnssec.validate(one, signature, trusted)
    return sets


def good(site: Site, daemon: daemons.Daemon, denials: tuple[str, ...] = ("NSEC", "NSEC3")) -> None:
    """What is there and what is not: both are proved with the keys of before."""
    for denial in denials:
        zone = {"NSEC": NSEC, "NSEC3": NSEC3}[denial]
        assert validated(site.keys, zone, ask(daemon, f"a.{zone}", "A"))
        assert validated(site.keys, zone, ask(daemon, zone, "DNSKEY")) == [site.keys[zone]]
        denied = validated(site.keys, zone, ask(daemon, f"absent.{zone}", "A"))
        kinds = [dns.rdatatype.to_text(one.rdtype) for one in denied]
        assert "SOA" in kinds and denial in kinds and {*kinds} <= {"SOA", denial}, kinds
    assert found(daemon, NSEC3, "CDS") == site.cds


def make(daemon: daemons.Daemon, name: str, **more: Any) -> None:
    rrsets = [
        {"name": f"a.{name}", "type": "A", "ttl": 60, "records": [{"content": "192.0.2.1", "disabled": False}]},
        # An empty name between them.
        {"name": f"x.y.{name}", "type": "A", "ttl": 60, "records": [{"content": "192.0.2.9", "disabled": False}]},
    ]
    body = {"name": name, "kind": "Master", "catalog": CATALOG, "nameservers": [f"a.{name}"], "rrsets": rrsets}
    status, answer = daemon.request("POST", "/zones", {**body, **more})
    assert status == 201, answer


@pytest.fixture(scope="module", params=daemons.RELEASES)
def site(
    request: pytest.FixtureRequest, tree: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """One zone with NSEC and one with NSEC3, of a primary that dies; the third has LMDB."""
    place = tmp_path_factory.mktemp(request.param)
    backends = {"old": "gsqlite3", "new": "gsqlite3", "third": "lmdb"}
    old, new, third = (daemons.Daemon(tree(request.param), kind, place / name) for name, kind in backends.items())
    for daemon in (old, new, third):
        daemon.dns_port = daemons.free_port()
    for daemon in (old, new, third):
        configure(daemon, [new, third] if daemon is old else [])
        daemon.start()
    catalog_zone = {"name": CATALOG, "kind": "Producer", "soa_edit_api": "EPOCH", "nameservers": ["invalid."]}
    assert old.request("POST", "/zones", catalog_zone)[0] == 201
    make(old, NSEC, dnssec=True)
    make(old, NSEC3, dnssec=True, nsec3param="1 0 0 -")
    make(old, PLAIN)
    for kind, value in (("PUBLISH-CDS", "2"), ("PUBLISH-CDNSKEY", "1")):
        assert old.request("PUT", f"/zones/{NSEC3}/metadata/{kind}", {"metadata": [value]})[0] == 200
    assert old.request("PUT", f"/zones/{NSEC3}/rectify")[0] == 200
    daemons.let_the_second_pass()
    for daemon in (new, third):
        follower = {"name": CATALOG, "kind": "Consumer", "masters": [address(old)]}
        assert daemon.request("POST", "/zones", follower)[0] == 201
        assert daemon.request("PUT", f"/zones/{CATALOG}/axfr-retrieve")[0] == 200
    for daemon in (new, third):
        wait("the zones are there", lambda one=daemon: serials(one) == serials(old))  # type: ignore[misc]
    keys = {
        zone: next(one for one in ask(old, zone, "DNSKEY").answer if one.rdtype == dns.rdatatype.DNSKEY)
        for zone in (NSEC, NSEC3)
    }
    site = Site(old.tree, old.directory / DATABASE, new.directory, third, address(old), keys, found(old, NSEC3, "CDS"))
    assert site.cds and found(old, NSEC3, "CDNSKEY")
    for daemon in (old, new, third):
        good(site, daemon)
    old.stop()
    new.stop()
    yield site
    third.stop()


@pytest.fixture
def server(site: Site) -> daemons.Daemon:
    """Not six of them: what modules are called for is said each time."""
    return site.third


@pytest.fixture(autouse=True)
def one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "ATTEMPTS", 1)


@pytest.fixture
def new(site: Site, tmp_path: Path) -> Iterator[daemons.Daemon]:
    """The secondary as the role has configured it for its promotion."""
    daemon = daemons.Daemon(site.tree, "gsqlite3", tmp_path / "new")
    daemon.directory.mkdir()
    for file in site.new.glob(f"{DATABASE}*"):
        shutil.copy(file, daemon.directory)
    configure(daemon, [site.third])
    daemon.start()
    yield daemon
    daemon.stop()


@pytest.fixture
def read(call: Callable[..., dict[str, Any]], site: Site) -> dict[str, Any]:
    answer = call(pdns_signing_keys, bare=True, database=str(site.old), catalog=CATALOG, check=True)
    assert answer["zones"] == sorted([NSEC, NSEC3]) and answer["presigned"] == [] and not answer["changed"], answer
    return answer


@pytest.fixture
def promote(call: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def run(daemon: daemons.Daemon, **more: Any) -> dict[str, Any]:
        # That the former primary is silent takes two seconds each time.
        usual = {"promote": True, "require_gone": False, "database": str(daemon.directory / DATABASE)}
        return call(pdns_catalog, api_url=daemon.url, zone=CATALOG, role="producer", **{**usual, **more})

    return run


def change(call: Callable[..., dict[str, Any]], daemon: daemons.Daemon, zone: str, value: str) -> None:
    rrsets = [{"name": "a", "type": "A", "records": [value]}]
    changed = call(pdns_zone, api_url=daemon.url, zone=zone, rrsets=rrsets)
    assert changed.get("changed"), changed


def told(primary: daemons.Daemon, secondary: daemons.Daemon, zone: str) -> Any:
    """What the secondary answers, which may not know yet of whom to take a notification when it gets the first one."""
    assert primary.request("PUT", f"/zones/{zone}/notify")[0] == 200
    return served(secondary, f"a.{zone}")


def test_a_promoted_server_goes_on_signing_with_the_same_keys(call, site, new, read, promote) -> None:
    text = read["signing_keys"]
    before = serials(new)
    refused = promote(new)
    assert refused.get("failed") and "signed with keys that only the former primary has" in refused["msg"], refused
    assert "signing_keys" in refused["msg"] and "accept_presigned" in refused["msg"]

    known = signing_keys.parse(text)
    wrong = {**known, NSEC: replace_key(known[NSEC])}
    refused = promote(new, signing_keys=signing_keys.render(wrong))
    assert refused.get("failed") and f"a key given of {NSEC} is not among those" in refused["msg"], refused

    planned = promote(new, signing_keys=text, check=True)
    assert planned["changed"] and sorted(planned["with_keys"]) == sorted([NSEC, NSEC3]), planned
    assert serials(new) == before
    good(site, new)

    done = promote(new, signing_keys=text)
    assert done.get("changed") and done["with_keys"] == planned["with_keys"], done
    good(site, new)
    assert all(serials(new)[zone] >= before[zone] + 1000 for zone in (NSEC, NSEC3, PLAIN))
    settled = serials(new)
    again = promote(new, signing_keys=text)
    assert not again.get("changed", True) and serials(new) == settled, again
    assert all(len(new.request("GET", f"/zones/{zone}/cryptokeys")[1]) == 1 for zone in (NSEC, NSEC3))
    assert signing_database.read(new.directory / DATABASE)[1] == [] and not left_over(new)

    # No key is anywhere but where it belongs.
    said = json.dumps([refused, planned, done, again]) + (new.directory / "log").read_text()
    assert not [word for word in (text, *signing_keys.secrets(known)) if word in said]

    for zone in (NSEC, NSEC3):
        change(call, new, zone, "192.0.2.2")
        assert found(new, f"a.{zone}", "A") == {"192.0.2.2"}
    good(site, new)
    if new.release != "trixie":
        return  # what a secondary makes of it takes seconds, and is no matter of the release
    follow = {"zone": CATALOG, "role": "consumer", "primary": address(new)}
    assert call(pdns_catalog, api_url=site.third.url, **follow).get("changed")
    for zone in (NSEC, NSEC3):
        wait("the change arrives", lambda one=zone: told(new, site.third, one) == ["192.0.2.2"])  # type: ignore[misc]
    good(site, site.third)


def replace_key(one: signing_keys.Signing) -> signing_keys.Signing:
    return one._replace(keys=(one.keys[0]._replace(content=STRANGE),))


class Killed(BaseException):
    """The end of the module at some place, as by SIGKILL."""


def killed_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """What changes something is done, and with the step of this number the module is gone."""
    done = 0
    ask_api = client.Client.request

    def counted(act: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
        nonlocal done
        answer = act(*arguments, **more)
        done += 1
        if done == step:
            raise Killed
        return answer

    def request(self: Any, method: str, *arguments: Any, **more: Any) -> Any:
        if method == "GET":
            return ask_api(self, method, *arguments, **more)
        return counted(ask_api, self, method, *arguments, **more)

    monkeypatch.setattr(client.Client, "request", request)
    for name in ("sign_here", "clean"):
        act = getattr(signing_database, name)
        monkeypatch.setattr(signing_database, name, lambda *arguments, act=act: counted(act, *arguments))


def test_killed_after_each_step_it_is_gone_on_with(site, new, read, promote, monkeypatch) -> None:
    """One promotion that is killed again and again: each time the server serves the zone signed."""
    for zone in (NSEC, PLAIN):
        assert new.request("DELETE", f"/zones/{zone}")[0] == 204
    before = serials(new)[NSEC3]
    # The key and the metadata, which are not done again; the caches, the kind, the signatures, the order of names, the
    # serial, and the catalog, each of which is done by the next run, too.
    for step in (1, 1, 1, 2, 3, 4, 5, 6):
        with monkeypatch.context() as patched, pytest.raises(Killed):
            killed_at(patched, step)
            promote(new, signing_keys=read["signing_keys"])
        good(site, new, ("NSEC3",))
    with monkeypatch.context() as patched:
        killed_at(patched, 1)
        assert not promote(new, signing_keys=read["signing_keys"])["changed"]
    good(site, new, ("NSEC3",))
    assert len(new.request("GET", f"/zones/{NSEC3}/cryptokeys")[1]) == 1
    assert serials(new)[NSEC3] >= before + 1000
    assert not left_over(new)


def left_over(daemon: daemons.Daemon) -> list[tuple[str, str]]:
    """Records that came with the zones and that the server makes itself."""
    made = ", ".join(f"'{one}'" for one in (*signing_keys.MADE, "DNSKEY", "CDS", "CDNSKEY"))
    with closing(sqlite3.connect(daemon.directory / DATABASE)) as database:
        return database.execute(f"SELECT name, type FROM records WHERE type IN ({made})").fetchall()


def test_the_former_primary_gets_its_keys_back(call, site, new, read, promote, tmp_path) -> None:
    if new.release != "trixie":
        pytest.skip("it is a promotion like the other one")
    assert promote(new, signing_keys=read["signing_keys"]).get("changed")
    old = daemons.Daemon(site.tree, "gsqlite3", tmp_path / "old")
    old.directory.mkdir()
    for file in site.old.parent.glob(f"{DATABASE}*"):
        shutil.copy(file, old.directory)
    configure(old, [])
    old.start()
    try:
        asked = {"zone": CATALOG, "role": "consumer", "primary": address(new), "demote": True}
        demoted = call(pdns_catalog, api_url=old.url, keep_directory=str(tmp_path / "kept"), **asked)
        assert sum("PrivateKey" in Path(file).read_text() for file in demoted["kept"]) == 2, demoted
        wait("it follows", lambda: serials(old) == serials(new))
        # What it remembers of the time when it signed itself, it forgets within a minute.
        old.stop()
        configure(old, [site.third])
        old.start()
        good(site, old)
        assert signing_database.read(old.directory / DATABASE)[0] == {}
        given = call(pdns_signing_keys, bare=True, database=str(new.directory / DATABASE))["signing_keys"]
        new.stop()
        done = promote(old, signing_keys=given)
        assert sorted(done["with_keys"]) == sorted([NSEC, NSEC3]), done
        good(site, old)
        assert not left_over(old)
    finally:
        old.stop()
        new.start()


def test_a_server_without_sqlite_takes_no_keys(call, site, read) -> None:
    database = site.third.directory / "pdns.lmdb"
    asked = {
        "api_url": site.third.url,
        "zone": CATALOG,
        "role": "producer",
        "promote": True,
        "require_gone": False,
        "check": True,
    }
    refused = call(pdns_catalog, **asked, database=str(database), signing_keys=read["signing_keys"])
    assert refused.get("failed") and "database is no SQLite but lmdb" in refused["msg"], refused
    refused = call(pdns_signing_keys, bare=True, database=str(database))
    assert refused.get("failed") and f"{database} is no database of SQLite" in refused["msg"], refused


def test_only_the_servers_own_database_is_changed(new, site, read, promote) -> None:
    refused = promote(new, signing_keys=read["signing_keys"], database=str(site.old), check=True)
    assert refused.get("failed") and f"{site.old} is not the database of the server" in refused["msg"], refused
