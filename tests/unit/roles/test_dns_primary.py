"""The service that keeps the primary's address: who is superseded, and when an address is taken."""

from __future__ import annotations

import importlib.util
import sqlite3
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

FILE = Path(__file__).resolve().parents[3] / "roles/powerdns/files/primary.py"
spec = importlib.util.spec_from_file_location("primary", FILE)
assert spec and spec.loader
primary = importlib.util.module_from_spec(spec)
spec.loader.exec_module(primary)


@pytest.mark.parametrize(
    ("own", "answers", "newer"),
    [
        (100, {"a": 100, "b": 100}, None),
        (100, {"a": 99, "b": None}, None),
        (100, {"a": None, "b": 101}, "b"),
        (0xFFFFFFFF, {"a": 5}, "a"),
        (5, {"a": 0xFFFFFFFF}, None),
        (None, {"a": 101}, "a"),
        (None, {"a": None}, None),
        (100, {}, None),
    ],
    ids=[
        "in step",
        "behind or silent",
        "one is newer",
        "newer by wrapping",
        "older by wrapping",
        "none here",
        "none at all",
        "alone",
    ],
)
def test_a_primary_is_superseded_by_a_newer_catalog_alone(own, answers, newer) -> None:
    assert primary.newer_peer(own, list(answers), answers.get) == newer


def test_the_serial_is_that_of_the_database(tmp_path) -> None:
    path = tmp_path / "pdns.sqlite3"
    assert primary.own_serial(path, "catalog.invalid") is None
    database = sqlite3.connect(path)
    database.executescript(
        "CREATE TABLE domains (id, name); CREATE TABLE records (domain_id, type, content, disabled);"
        "INSERT INTO domains VALUES (1, 'catalog.invalid');"
    )
    database.commit()
    assert primary.own_serial(path, "catalog.invalid.") is None
    database.execute("INSERT INTO records VALUES (1, 'SOA', 'invalid. hostmaster.invalid. 1795 1 2 3 4', 0)")
    database.commit()
    database.close()
    assert primary.own_serial(path, "catalog.invalid") == 1795


@pytest.fixture
def commands(monkeypatch) -> dict[str, object]:
    """What is run; ``free`` tells what ARP says, ``carried`` whether the address is there."""
    seen: dict[str, object] = {"free": True, "carried": False, "added": 0, "removed": 0}

    def run(*command: str) -> subprocess.CompletedProcess[str] | SimpleNamespace:
        if command[:2] == ("ip", "-json"):
            held = '[{"addr_info": [{"local": "198.51.100.9"}]}]' if seen["carried"] else "[]"
            return SimpleNamespace(returncode=0, stdout=held, stderr="")
        if command[:3] == ("ip", "address", "add"):
            seen["added"], seen["carried"] = 1, True
        if command[:3] == ("ip", "address", "del"):
            seen["removed"], seen["carried"] = 1, False
        denied = "-D" in command and not seen["free"]
        return SimpleNamespace(returncode=int(denied), stdout="", stderr="")

    monkeypatch.setattr(primary, "run", run)
    return seen


def test_an_address_is_taken_when_it_is_free_and_given_back(commands) -> None:
    address = primary.Address("198.51.100.9", "host0")
    commands["free"] = False
    address.take()
    assert not commands["added"]
    commands["free"] = True
    address.take()
    assert commands["added"]
    address.release("the test ends")
    assert commands["removed"]


def test_without_an_address_nothing_is_run(monkeypatch) -> None:
    monkeypatch.setattr(primary, "run", None)
    address = primary.Address("", "")
    address.take()
    address.release("there is none")
