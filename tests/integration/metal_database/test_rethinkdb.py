"""RethinkDB in its pod; its server is a stand-in."""

from __future__ import annotations

import pytest
from ask import about, refused
from conftest import PASSWORD, Run
from objects import World
from rethinkdb_server import Server


@pytest.fixture
def pod(world: World, rethinkdb: Server) -> World:
    rethinkdb.container.write("rethinkdb/metadata", "rethinkdb/.lock")
    world.claim("metal-db")
    world.pod("metal-db", "rethinkdb", rethinkdb.container)
    return world


def test_rows_are_counted_and_partitions_named(pod: World, run: Run) -> None:
    found = about(run, "rethinkdb", counts=True)
    assert found["tables"] == {"metalapi.image": 0, "metalapi.machine": 7, "metalapi.partition": 2}
    assert found["lists"] == {"partitions": ["ams-equ01", "fra-equ01"]}
    assert found["prefix"] == "rethinkdb-prod"


def test_its_volume_is_as_the_gate_takes_it(pod: World, run: Run) -> None:
    entries = [".lock", "metadata"]
    expected = {"exists": True, "entries": entries, "restoring": False, "running": True, "began": None, "begun": None}
    assert about(run, "rethinkdb")["volume"] == expected


def test_no_password_is_on_a_command_line(pod: World, run: Run) -> None:
    about(run, "rethinkdb", counts=True)
    assert pod.kubelet.commands and PASSWORD not in str(pod.kubelet.commands)


def test_a_wrong_password_is_an_error(pod: World, run: Run, rethinkdb: Server) -> None:
    rethinkdb.password = "another"
    assert "refuses the password of its own container: Wrong password" in refused(run, "rethinkdb")


def test_one_that_does_not_listen_does_not_run(pod: World, run: Run, rethinkdb: Server) -> None:
    """As while its sidecar restores: the server in there listens elsewhere."""
    rethinkdb.end()
    found = about(run, "rethinkdb")
    assert found["volume"]["running"] is False and found["idle"] == "RethinkDB does not answer: connection refused"
    assert "nothing can be counted" in refused(run, "rethinkdb", counts=True)


def test_a_table_that_is_not_ready_is_an_error_and_not_empty(pod: World, run: Run, rethinkdb: Server) -> None:
    rethinkdb.failing = "Cannot perform read: primary replica for shard [-inf, +inf) not available"
    assert "primary replica" in refused(run, "rethinkdb", counts=True)


def test_a_server_that_says_nothing_is_an_error(pod: World, run: Run, rethinkdb: Server) -> None:
    rethinkdb.silent = True
    assert "did not end within 2 s" in refused(run, "rethinkdb", timeout=2)
