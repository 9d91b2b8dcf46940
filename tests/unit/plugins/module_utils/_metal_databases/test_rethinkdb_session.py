from __future__ import annotations

import types

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.done import Done
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import asked, rethinkdb_session
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.errors import (
    DatabaseError,
    NotRunning,
)
from in_cluster import FakeCluster


class ReqlError(Exception):
    def __init__(self, message):
        super().__init__(message)
        self.message = message


class ReqlDriverError(ReqlError):
    pass


class ReqlAuthError(ReqlDriverError):
    pass


ERRORS = types.SimpleNamespace(ReqlError=ReqlError, ReqlDriverError=ReqlDriverError, ReqlAuthError=ReqlAuthError)


class Driver:
    """RethinkDB's, which connects or fails, and keeps what it was given."""

    def __init__(self, failing=None):
        self.failing, self.given = failing, {}

    def connect(self, **given):
        self.given = given
        if self.failing:
            raise self.failing
        return "connection"


@pytest.fixture
def driver(monkeypatch):
    driver = Driver()
    packages = {"rethinkdb": types.SimpleNamespace(RethinkDB=lambda: driver), "rethinkdb.errors": ERRORS}
    monkeypatch.setattr(rethinkdb_session, "load", packages.__getitem__)
    return driver


def test_a_term_is_run_on_the_connection_through_the_tunnel(driver):
    term = types.SimpleNamespace(run=lambda connection: [connection])
    told = rethinkdb_session.ask(FakeCluster(), "p-0", "word", lambda r, ask: (r, ask(term)))
    assert told == (driver, ["connection"])
    assert driver.given == {"host": "127.0.0.1", "port": 4711, "user": "admin", "password": "word", "timeout": 60}


@pytest.mark.parametrize(
    ("failing", "broken", "kind", "said"),
    [
        (
            ReqlAuthError("Could not connect to 127.0.0.1:4711, Wrong password"),
            [],
            DatabaseError,
            "refuses the password of its own container: Wrong",
        ),
        (ReqlDriverError("closed"), ["dial: Connection refused"], NotRunning, "connection refused"),
        (ReqlDriverError("closed"), ["", ""], DatabaseError, "broke off: closed"),
        (ReqlDriverError("closed"), ["lost pod", "lost pod"], DatabaseError, "broke off: lost pod"),
        (ReqlError("primary replica"), [], DatabaseError, "RethinkDB refuses: primary replica"),
    ],
)
def test_one_that_is_down_is_told_from_one_that_refuses(driver, failing, broken, kind, said):
    driver.failing = failing
    with pytest.raises(DatabaseError, match=said) as caught:
        rethinkdb_session.ask(FakeCluster(answers=broken), "p-0", "word", lambda r, ask: None)
    assert type(caught.value) is kind


def test_the_password_is_that_of_the_container(driver):
    cluster = FakeCluster(answers=[Done(0, "word of it", "")])
    with pytest.raises(AttributeError):  # the driver of this test has no terms
        asked.alive(cluster, "metal-db", "rethinkdb")
    assert driver.given["password"] == "word of it" and cluster.ran[0][0] == "rethinkdb"


def test_a_password_that_cannot_be_read_is_an_error(driver):
    with pytest.raises(DatabaseError, match="password of RethinkDB cannot be read in its container: sh: no"):
        asked.alive(FakeCluster(answers=[Done(1, "", "sh: no")]), "metal-db", "rethinkdb")
