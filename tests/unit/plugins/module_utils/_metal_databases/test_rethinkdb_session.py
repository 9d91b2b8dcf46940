from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.done import Done
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import (
    asked,
    reql,
    rethinkdb_session,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.errors import (
    DatabaseError,
    NotRunning,
)
from in_cluster import FakeCluster

TERM = reql.db_list()


class Connection:
    """One that answers with the term itself, or fails; given: what it was made with."""

    given: tuple
    failing: Exception | None = None

    def __init__(self, *given):
        Connection.given = given
        if self.failing:
            raise self.failing

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def run(self, term):
        return [term]


@pytest.fixture
def connection(monkeypatch):
    monkeypatch.setattr(Connection, "failing", None)
    monkeypatch.setattr(reql, "Connection", Connection)
    return Connection


def test_a_term_is_run_on_the_connection_through_the_tunnel(connection):
    assert rethinkdb_session.ask(FakeCluster(), "p-0", "word", lambda ask: ask(TERM)) == [TERM]
    assert connection.given == (("127.0.0.1", 4711), "admin", "word", 60)


@pytest.mark.parametrize(
    ("failing", "broken", "kind", "said"),
    [
        (reql.AuthError("Wrong password"), [], DatabaseError, "refuses the password of its own container: Wrong"),
        (reql.Broken("closed"), ["dial: Connection refused"], NotRunning, "connection refused"),
        (ConnectionResetError("reset"), ["dial: Connection refused"], NotRunning, "connection refused"),
        (reql.Broken("closed"), ["", ""], DatabaseError, "broke off: closed"),
        (reql.Broken("closed"), ["lost pod", "lost pod"], DatabaseError, "broke off: lost pod"),
        (reql.ReqlError("primary replica"), [], DatabaseError, "RethinkDB refuses: primary replica"),
    ],
)
def test_one_that_is_down_is_told_from_one_that_refuses(connection, monkeypatch, failing, broken, kind, said):
    monkeypatch.setattr(connection, "failing", failing)
    with pytest.raises(DatabaseError, match=said) as caught:
        rethinkdb_session.ask(FakeCluster(answers=broken), "p-0", "word", lambda ask: None)
    assert type(caught.value) is kind


def test_the_password_is_that_of_the_container(connection, monkeypatch):
    monkeypatch.setattr(connection, "failing", reql.AuthError("no"))
    cluster = FakeCluster(answers=[Done(0, "word of it", "")])
    with pytest.raises(DatabaseError):
        asked.alive(cluster, "metal-db", "rethinkdb")
    assert connection.given[2] == "word of it" and cluster.ran[0][0] == "rethinkdb"


def test_a_password_that_cannot_be_read_is_an_error():
    with pytest.raises(DatabaseError, match="password of RethinkDB cannot be read in its container: sh: no"):
        asked.alive(FakeCluster(answers=[Done(1, "", "sh: no")]), "metal-db", "rethinkdb")
