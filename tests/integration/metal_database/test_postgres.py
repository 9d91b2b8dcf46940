"""PostgreSQL in its pod: what it holds is counted, and a server that is not up is none that is empty."""

from __future__ import annotations

from ask import about, refused
from conftest import PASSWORD, Run
from objects import World
from servers import Postgres

COUNTED = {
    "projects": 2, "projects_history": 300, "tenants": 1, "parted": 15, "Odd schema.it's": 0,
    "other.public.things": 1, "other.public.projects": 0,
}  # fmt: skip


def test_what_it_holds_is_counted(masterdata: World, run: Run) -> None:
    found = about(run, "postgres", counts=True)
    assert found["tables"] == COUNTED
    assert found["lists"] == {"projects": ['p "two"', "p-one"], "tenants": ["metal-stack"]}
    assert found["prefix"] == "masterdata-db-prod" and found["idle"] == ""


def test_its_volume_is_as_the_gate_takes_it(masterdata: World, run: Run) -> None:
    found = about(run, "postgres")
    volume = found["volume"]
    assert {"PG_VERSION", "base", "pg_wal"} <= set(volume.pop("entries"))
    assert volume == {"exists": True, "restoring": False, "running": True, "began": None, "begun": None}
    assert found["tables"] is None and found["lists"] is None


def test_no_password_is_on_a_command_line(masterdata: World, run: Run) -> None:
    about(run, "postgres", counts=True)
    assert masterdata.kubelet.commands and PASSWORD not in str(masterdata.kubelet.commands)


def test_a_wrong_password_is_an_error_and_no_empty_database(masterdata: World, run: Run, postgres: Postgres) -> None:
    postgres.container.environment["POSTGRES_PASSWORD"] = "another"
    try:
        assert "PostgreSQL refuses" in (said := refused(run, "postgres", counts=True))
        assert "password authentication failed" in said
    finally:
        postgres.container.environment["POSTGRES_PASSWORD"] = PASSWORD


def test_a_server_that_does_not_listen_does_not_run(masterdata: World, run: Run, postgres: Postgres) -> None:
    postgres.end()
    try:
        found = about(run, "postgres")
        assert found["volume"]["running"] is False and "Connection refused" in found["idle"]
        assert "PG_VERSION" in found["volume"]["entries"]
        assert "nothing can be counted" in refused(run, "postgres", counts=True)
    finally:
        postgres.begin()


def test_a_database_without_tables_holds_none(masterdata: World, run: Run, postgres: Postgres) -> None:
    """That is an answer; metal_database_sentinels refuses to save it."""
    postgres.ask("create database fresh", database="postgres")
    postgres.container.environment["POSTGRES_DB"] = "fresh"
    try:
        found = about(run, "postgres", counts=True)
        assert {name.partition(".")[0] for name in found["tables"]} == {"masterdata", "other"} and found["lists"] == {}
    finally:
        postgres.container.environment["POSTGRES_DB"] = "masterdata"
        postgres.ask("drop database fresh", database="postgres")


def test_a_count_that_takes_too_long_is_an_error(masterdata: World, run: Run, postgres: Postgres) -> None:
    holding = "begin; lock table tenants in access exclusive mode; select pg_sleep(6); commit"
    command = ["psql", "-h", "127.0.0.1", "-U", "postgres", "-d", "masterdata", "-c", holding]
    postgres.container.environment["PGPASSWORD"] = PASSWORD
    process = postgres.container.start(command)
    try:
        said = refused(run, "postgres", counts=True, timeout=2)
        assert "canceling statement due to statement timeout" in said
    finally:
        process.wait()
        del postgres.container.environment["PGPASSWORD"]
