"""What the gate is asked about: the data of one component, which may be none that this host acts on."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import disk, gate, program, site
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Local, Record


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Local, str]]:
    """Return what the site is asked whether it may start."""
    found: list[tuple[Local, str]] = []

    def may_start(_self: object, local: Local, component: str = gate.K3S) -> gate.Answer:
        found.append((local, component))
        return gate.Answer(True, "")

    monkeypatch.setattr(site.Site, "may_start", may_start)
    monkeypatch.setattr(program.host, "datastore", lambda: "etcd")
    monkeypatch.setattr(program.host, "read", lambda _: "")
    return found


def host(state: Path) -> site.Site:
    one = {"name": "powerdns", "database": str(state / "pdns.sqlite3")}
    settings = SimpleNamespace(site="lab", host="h", state=state, component=lambda _: one, components=(one,))
    disk.write_record(state, Record("L1", 2))
    return site.Site(settings)  # type: ignore[arg-type]


def database(state: Path, *kinds: str) -> None:
    made = sqlite3.connect(state / "pdns.sqlite3")
    made.execute("CREATE TABLE domains (type)")
    made.executemany("INSERT INTO domains VALUES (?)", [(kind,) for kind in kinds])
    made.commit()
    made.close()


@pytest.mark.parametrize(
    ("kinds", "acts"),
    [
        pytest.param(None, False, id="no database"),
        pytest.param([], False, id="no zones"),
        pytest.param(["SLAVE", "CONSUMER"], False, id="a secondary has what its primary tells it"),
        pytest.param(["MASTER", "PRODUCER"], True, id="a primary"),
        pytest.param(["NATIVE"], True, id="a server of its own"),
    ],
)
def test_names_are_judged_where_nobody_else_tells_them(
    tmp_path: Path, asked: list[tuple[Local, str]], kinds: list[str] | None, acts: bool
) -> None:
    if kinds is not None:
        database(tmp_path, *kinds)
    program.judge(host(tmp_path), "powerdns")
    assert asked == [(Local(acts), "powerdns")]


def test_a_restore_of_names_that_was_cut_off_keeps_none_from_being_served(
    tmp_path: Path, asked: list[tuple[Local, str]]
) -> None:
    """They are replaced in one step: what is there is what was before, or what is restored."""
    database(tmp_path, "MASTER")
    disk.write(tmp_path / "restoring-powerdns.json", json.dumps({"component": "powerdns", "done": False}))
    program.judge(host(tmp_path), "powerdns")
    program.judge(host(tmp_path))
    assert asked == [(Local(True), "powerdns"), (Local(True), "k3s")]


def test_half_a_cluster_is_told_as_such(tmp_path: Path, asked: list[tuple[Local, str]]) -> None:
    disk.write(tmp_path / "restoring-k3s.json", json.dumps({"component": "k3s", "done": False}))
    program.judge(host(tmp_path))
    assert asked == [(Local(True, partial=True), "k3s")]
