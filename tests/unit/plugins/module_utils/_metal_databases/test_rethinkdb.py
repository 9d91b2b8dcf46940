from __future__ import annotations

import subprocess

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import reql, rethinkdb
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.errors import (
    DatabaseError,
    NotRunning,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.sentinels import Counted

ROWS = {
    "metalapi": {"partition": ["b", "a"], "machine": ["1", "2", "3"], "image": []},
    "rethinkdb": {"server_status": ["x"]},
    "test": {},
}


class Server:
    """What runs terms on rows by table by database."""

    def __init__(self, rows):
        self._rows = rows

    def __call__(self, term):
        if not isinstance(term, reql.Term):
            return term
        kind, arguments = term.kind, [self(one) for one in term.arguments]
        if kind == reql.db_list().kind:
            return list(self._rows)
        if kind == reql.db("").kind:
            return self._rows[arguments[0]]
        if kind == ANY.table_list().kind:
            return list(arguments[0])
        if kind == ANY.table("").kind:
            return arguments[0][arguments[1]]
        # The rows are their own ids.
        return len(arguments[0]) if kind == ANY.count().kind else arguments[0]


ANY = reql.db("")


def test_rows_are_counted_by_table_and_partitions_named():
    assert rethinkdb.counted(Server(ROWS)) == Counted(
        {"metalapi.image": 0, "metalapi.machine": 3, "metalapi.partition": 2}, {"partitions": ["a", "b"]}
    )


def test_locks_that_come_and_go_are_not_counted():
    with_lock = {**ROWS, "metalapi": {**ROWS["metalapi"], "sharedmutex": 1}}
    assert rethinkdb.counted(Server(with_lock)) == rethinkdb.counted(Server(ROWS))


def test_a_server_without_tables_has_none():
    assert rethinkdb.counted(Server({"rethinkdb": ROWS["rethinkdb"], "test": {}})) == Counted({}, {})


@pytest.mark.parametrize("answer", [None, "3", True])
def test_what_is_no_number_is_no_count(answer):
    with pytest.raises(DatabaseError, match="image, RethinkDB answered"):
        rethinkdb.counted(lambda term: answer if term.kind == ANY.count().kind else Server(ROWS)(term))


def test_one_that_tells_the_status_of_a_server_runs():
    rethinkdb.answers(Server(ROWS))
    with pytest.raises(NotRunning, match="no server of it is there"):
        rethinkdb.answers(Server({"rethinkdb": {"server_status": []}}))


def test_the_password_is_read_whole_from_the_environment():
    environment = {"PATH": "/usr/bin:/bin", "RETHINKDB_PASSWORD": "a 'b' \n$c"}
    done = subprocess.run(rethinkdb.password(), env=environment, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == environment["RETHINKDB_PASSWORD"]
