"""The client of RethinkDB that hosts have, beside RethinkDB's own driver, on the stand-in of its server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import reql
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import rethinkdb as asked
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.errors import NotRunning
from conftest import PASSWORD
from rethinkdb import RethinkDB
from rethinkdb_server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    """The stand-in, at a port that is free."""
    with Server(PASSWORD, port=0) as running:
        yield running


def test_it_is_told_what_the_driver_is_told(server: Server) -> None:
    r = RethinkDB()
    server.part = 1
    table = reql.db("metalapi").table("partition")
    with (
        reql.Connection(server.address, "admin", PASSWORD, 10) as own,
        r.connect(*server.address, password=PASSWORD) as driver,
    ):
        theirs = r.db("metalapi").table("partition")
        assert own.run(reql.db_list()) == r.db_list().run(driver)
        assert own.run(reql.db("metalapi").table_list()) == r.db("metalapi").table_list().run(driver)
        assert own.run(table.count()) == theirs.count().run(driver)
        # In parts, each of which has to be asked for.
        assert own.run(table.pluck("id")) == list(theirs.pluck("id").run(driver))
        named = own.run(table.field("id").coerce_to("array"))
        assert named == theirs["id"].coerce_to("array").run(driver) == ["fra-equ01", "ams-equ01"]


def test_a_wrong_password_is_refused_in_the_words_of_the_server(server: Server) -> None:
    with pytest.raises(reql.AuthError, match="Wrong password"):
        reql.Connection(server.address, "admin", "another", 10)


def test_a_server_that_does_not_know_the_password_is_none(server: Server) -> None:
    server.pretends = True
    with pytest.raises(reql.AuthError, match="does not know the password itself"):
        reql.Connection(server.address, "admin", PASSWORD, 10)


def test_an_error_has_the_words_of_the_server_and_the_connection_goes_on(server: Server) -> None:
    server.failing = "primary replica not available"
    with reql.Connection(server.address, "admin", PASSWORD, 10) as own:
        with pytest.raises(reql.ReqlError, match="primary replica not available"):
            own.run(reql.db("metalapi").table("machine").count())
        assert own.run(reql.db_list())


def test_nobody_who_listens_and_one_that_has_no_server_are_told(server: Server) -> None:
    server.tables["rethinkdb"]["server_status"] = []
    with reql.Connection(server.address, "admin", PASSWORD, 10) as own, pytest.raises(NotRunning):
        asked.answers(own.run)
    server.end()
    with pytest.raises(OSError):
        reql.Connection(server.address, "admin", PASSWORD, 10)
