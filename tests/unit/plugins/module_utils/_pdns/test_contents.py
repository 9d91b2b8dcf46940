"""What a zone holds as one number: the same for the same records, and for nothing else."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import contents
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.database import BadDatabase

SOA = ("e.org", "e.org", "SOA", 3600, 0, "ns.e.org h.e.org 7 10800 3600 604800 3600")
NS = ("e.org", "e.org", "NS", 3600, 0, "ns.e.org")
A = ("e.org", "a.e.org", "A", 60, 0, "192.0.2.1")
TXT = ("e.org", "a.e.org", "TXT", 60, 0, '"One"')
MX = ("e.org", "e.org", "MX", 60, 10, "mail.e.org")


def of(*rows):
    return contents.summarise(rows)["e.org."]


def test_order_case_of_names_and_signatures_make_no_difference():
    signed = [
        ("e.org", "a.e.org", "RRSIG", 60, 0, "A 13 3 60 ..."),
        ("e.org", "e.org", "DNSKEY", 60, 0, "257 3 13 ..."),
        ("e.org", "e.org", "NSEC3PARAM", 0, 0, "1 0 0 -"),
    ]
    same = (("e.org", "E.org", "NS", 3600, None, "NS.e.org."), *signed, TXT, MX, A, SOA)
    assert of(SOA, NS, A, TXT, MX) == of(*same)
    assert of(SOA, NS, A, TXT, MX)["records"] == 4


@pytest.mark.parametrize(
    "other",
    [
        (SOA, NS),
        (SOA, NS, A),
        (SOA, NS, A, A, TXT),
        (SOA, NS, (*A[:3], 61, *A[4:]), TXT),
        (SOA, NS, (*A[:5], "192.0.2.2"), TXT),
        (SOA, NS, A, (*TXT[:5], '"one"')),
        (SOA, NS, (*A[:1], "b.e.org", *A[2:]), TXT),
    ],
    ids=["emptied", "fewer", "twice", "ttl", "content", "text", "name"],
)
def test_every_other_difference_is_one(other):
    assert of(SOA, NS, A, TXT)["hash"] != of(*other)["hash"]


def test_another_priority_is_a_difference():
    assert of(SOA, MX)["hash"] != of(SOA, (*MX[:4], 20, MX[5]))["hash"]


def test_a_zone_with_nothing_but_its_servers_is_bare():
    assert of(SOA, NS) == {**of(NS), "serial": 7, "records": 1, "bare": True}
    assert of(SOA, NS, ("e.org", "sub.e.org", "NS", 60, 0, "ns.sub.e.org"))["bare"]
    assert not of(SOA, NS, A)["bare"]
    assert of(("e.org", None, None, None, None, None)) == {"serial": 0, "records": 0, "bare": True, "hash": "0" * 32}


def test_zones_are_told_apart():
    other = tuple(tuple(str(value).replace("e.org", "f.org") for value in row) for row in (SOA, NS))
    found = contents.summarise([SOA, NS, A, *other])
    assert {name: one["records"] for name, one in found.items()} == {"e.org.": 2, "f.org.": 1}


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "pdns.sqlite3"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE domains (id INTEGER PRIMARY KEY, name)")
        made.execute("CREATE TABLE records (domain_id, name, type, ttl, prio, content, disabled)")
        made.execute("INSERT INTO domains VALUES (1, 'e.org'), (2, 'empty.org')")
    return path


def add(path, rows):
    with closing(sqlite3.connect(path)) as made, made:
        columns = (
            "INSERT INTO records (domain_id, name, type, ttl, prio, content, disabled) VALUES (1, ?, ?, ?, ?, ?, ?)"
        )
        made.executemany(columns, rows)


def test_a_database_is_read_without_what_is_disabled_or_empty(database):
    add(database, [(*row[1:], 0) for row in (SOA, NS, A)])
    add(database, [(*TXT[1:], 1), ("between.e.org", None, None, None, None, 0), ("x.e.org", "", 60, 0, "", 0)])
    found = contents.read(database)
    assert found["e.org."] == of(SOA, NS, A)
    assert found["empty.org."]["records"] == 0


def test_what_is_no_database_is_named(tmp_path):
    with pytest.raises(BadDatabase, match="none"):
        contents.read(tmp_path / "none")
