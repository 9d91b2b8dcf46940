from __future__ import annotations

import subprocess

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import rethinkdb
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


class Term:
    """A term of ReQL that is worth what is in ROWS."""

    def __init__(self, worth, tables=None):
        self.worth, self.tables = worth, tables

    def table_list(self):
        return Term(list(self.tables))

    def table(self, name):
        return Term(self.tables[name])

    def count(self):
        return Term(len(self.worth))

    def __getitem__(self, name):
        return self

    def coerce_to(self, kind):
        return self

    def pluck(self, name):
        return self


class Root:
    def __init__(self, rows):
        self._rows = rows

    def db_list(self):
        return Term(list(self._rows))

    def db(self, name):
        return Term(None, self._rows[name])


def worth(term):
    return term.worth


def test_rows_are_counted_by_table_and_partitions_named():
    assert rethinkdb.counted(Root(ROWS), worth) == Counted(
        {"metalapi.image": 0, "metalapi.machine": 3, "metalapi.partition": 2}, {"partitions": ["a", "b"]}
    )


def test_locks_that_come_and_go_are_not_counted():
    with_lock = {**ROWS, "metalapi": {**ROWS["metalapi"], "sharedmutex": 1}}
    assert rethinkdb.counted(Root(with_lock), worth) == rethinkdb.counted(Root(ROWS), worth)


def test_a_server_without_tables_has_none():
    assert rethinkdb.counted(Root({"rethinkdb": ROWS["rethinkdb"], "test": {}}), worth) == Counted({}, {})


@pytest.mark.parametrize("answer", [None, "3", True])
def test_what_is_no_number_is_no_count(answer):
    with pytest.raises(DatabaseError, match="image, RethinkDB answered"):
        rethinkdb.counted(Root(ROWS), lambda term: answer if isinstance(term.worth, int) else term.worth)


def test_one_that_tells_the_status_of_a_server_runs():
    rethinkdb.answers(Root(ROWS), worth)
    with pytest.raises(NotRunning, match="no server of it is there"):
        rethinkdb.answers(Root({"rethinkdb": {"server_status": []}}), worth)


def test_the_password_is_read_whole_from_the_environment():
    environment = {"PATH": "/usr/bin:/bin", "RETHINKDB_PASSWORD": "a 'b' \n$c"}
    done = subprocess.run(rethinkdb.password(), env=environment, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == environment["RETHINKDB_PASSWORD"]
