"""The module and the program's verb that have databases back themselves up."""

from __future__ import annotations

import json
import subprocess
import sys
import types

import pytest
from ansible_collections.metalstack.autonomous.plugins.action.backup_program import ActionModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import program, settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import nights
from ansible_collections.metalstack.autonomous.plugins.modules import backup_databases
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._program.pack import pack
from ansible_collections.metalstack.autonomous.tests.unit.plugins.modules import in_process

IDLE = {"database": "valkey", "waits": "", "idle": True, "error": "", "drops": []}
MADE = {**IDLE, "database": "ipam-db", "idle": False, "version": "v2"}
PLANNED = {**IDLE, "database": "ipam-db", "idle": False}
FAILED = {**MADE, "error": "it holds less", "drops": ["ips"]}


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What a night was asked for, and by C(outcomes) what it answers."""
    told = types.SimpleNamespace(given=[], outcomes=[], state=tmp_path)

    def run(cluster, state, **given):
        told.given.append((cluster.name, state, given))
        told.seconds = cluster.seconds
        if isinstance(told.outcomes, Exception):
            raise told.outcomes
        return told.outcomes

    monkeypatch.setattr(nights, "run", run)
    monkeypatch.setattr(
        settings,
        "load",
        lambda: types.SimpleNamespace(
            state=tmp_path, databases="metal", databases_expected=("valkey",), databases_timeout=900, host="s1"
        ),
    )
    return told


@pytest.mark.parametrize(
    ("outcomes", "check", "changed"),
    [
        ([MADE, IDLE], False, True),
        ([IDLE], False, False),
        ([], False, False),
        ([PLANNED], True, True),
        ([IDLE], True, False),
    ],
)
def test_a_backup_is_a_change(monkeypatch, asked, outcomes, check, changed):
    asked.outcomes = outcomes
    told = in_process.runner(monkeypatch)(
        backup_databases, check, accept={"ipam-db": ["ips"]}, again=False, expected=["valkey"]
    )
    assert told == {"changed": changed, "databases": outcomes}
    ((name, state, given),) = asked.given
    assert (name, state) == ("metal-control-plane", asked.state)
    assert given == {"again": False, "accept": {"ipam-db": ["ips"]}, "expected": ["valkey"], "writes": not check}


def test_one_that_fails_is_told_with_what_was_made(monkeypatch, asked):
    asked.outcomes = [FAILED, IDLE]
    told = in_process.runner(monkeypatch)(backup_databases)
    assert told["failed"] and told["msg"] == "ipam-db: it holds less" and told["changed"]
    asked.outcomes = Unreachable("refused")
    assert in_process.runner(monkeypatch)(backup_databases)["msg"] == "the cluster of this host: refused"


def test_a_host_that_is_not_backed_up_notes_nothing(monkeypatch, asked):
    def missing():
        raise BackupError("there is none")

    monkeypatch.setattr(settings, "load", missing)
    in_process.runner(monkeypatch)(backup_databases)
    assert asked.given[0][1] is None


def verb(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["metalstack-backup", "databases", *words])
    return program.main()


def test_the_timer_asks_what_no_server_has_done_this_night(monkeypatch, asked, capsys):
    asked.outcomes = [MADE]
    assert verb(monkeypatch) == 0 and json.loads(capsys.readouterr().out) == [MADE]
    assert verb(monkeypatch, "--again") == 0
    assert [(name, state, given["again"]) for name, state, given in asked.given] == [
        ("metal", asked.state, False), ("metal", asked.state, True),
    ]  # fmt: skip
    assert asked.given[0][2]["expected"] == ("valkey",) and asked.seconds == 900
    asked.given[0][2]["tell"]("ipam-db")
    assert capsys.readouterr().err == "ipam-db\n"


@pytest.mark.parametrize("outcomes", [[FAILED], Unreachable("refused")])
def test_a_night_that_fails_is_one_of_the_unit(monkeypatch, asked, capsys, outcomes):
    asked.outcomes = outcomes
    assert verb(monkeypatch) == 1
    assert json.loads(capsys.readouterr().err)["failed"]


def test_a_host_without_databases_says_so(monkeypatch, asked, capsys):
    monkeypatch.setattr(settings, "load", lambda: types.SimpleNamespace(databases="", host="s1"))
    assert verb(monkeypatch) == 1 and "no databases of metal-stack" in capsys.readouterr().err


def test_the_packed_program_needs_no_library_for_it(tmp_path):
    packed = tmp_path / "program"
    packed.write_bytes(pack(ActionModule.MAIN, ActionModule.PACKAGES))
    done = subprocess.run(
        [sys.executable, "-I", "-S", packed, "databases"], capture_output=True, text=True, check=False, timeout=60
    )
    assert "run the role backup on this host" in done.stderr
