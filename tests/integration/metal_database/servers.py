"""PostgreSQL and Valkey of Debian, started as metal-roles start them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Any, Self

from containers import Container

PACKAGES = ("postgresql-17", "valkey-server")
# Suites run side by side on few processors.
SECONDS = 300
DIRECTORY = "/data/postgres"
# The tables of masterdata-api, one that is parted, one of another schema, and one of another database.
SCHEMA = """
create table projects (id text primary key not null, project jsonb not null);
create table projects_history (id text not null, op char not null, created_at timestamptz not null, project jsonb);
create table tenants (id text primary key not null, tenant jsonb not null);
insert into projects values ('p-one', '{}'), ('p "two"', '{}');
insert into projects_history select 'p-one', 'U', now(), '{}' from generate_series(1, 300);
insert into tenants values ('metal-stack', '{}');
create table parted (at int) partition by range (at);
create table parted_low partition of parted for values from (0) to (10);
create table parted_high partition of parted for values from (10) to (20);
insert into parted select generate_series(1, 15);
create schema "Odd schema";
create table "Odd schema"."it's" (id int);
create view seen as select 1;
"""
OTHER = "create table things (id int); insert into things values (1); create table projects (id text);"


def until(true: Callable[[], Any], what: str) -> Any:
    """Wait for it; what it is then."""
    end = time.monotonic() + SECONDS
    while not (found := true()):
        assert time.monotonic() < end, f"not within {SECONDS} s: {what}"
        time.sleep(0.02)
    return found


class Postgres:
    """Its container has the environment that metal-roles give it. Each connection by network needs the password."""

    def __init__(self, container: Container, password: str) -> None:
        self.container, self._password = container, password
        self._process: subprocess.Popen[bytes] | None = None
        container.environment |= {
            "POSTGRES_DB": "masterdata", "POSTGRES_USER": "postgres", "POSTGRES_PASSWORD": password,
            "PGDATA": DIRECTORY,
        }  # fmt: skip

    def __enter__(self) -> Self:
        self.container.run(
            "sh", "-c", "cat > /tmp/password && initdb --username=postgres --auth=scram-sha-256 --pwfile=/tmp/password",
            given=self._password.encode(),
        )  # fmt: skip
        self.begin()
        self.ask("create database masterdata", database="postgres")
        self.ask("create database other", database="postgres")
        self.ask(SCHEMA)
        self.ask(OTHER, database="other")
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def begin(self) -> None:
        log = (self.container.volume / "log").open("ab")
        command = ["postgres", "-c", "unix_socket_directories=/tmp", "-c", "fsync=off"]
        self._process = self.container.start(command, stdout=log, stderr=log)
        until(lambda: self._psql("select 1", "postgres").returncode == 0, "PostgreSQL answers")

    def end(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(SECONDS)
            self._process = None

    def ask(self, statements: str, database: str = "masterdata") -> str:
        done = self._psql(statements, database)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    def _psql(self, statements: str, database: str) -> subprocess.CompletedProcess[bytes]:
        command = ["psql", "-XAtqv", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", "postgres", "-d", database]
        environment = {**self.container.environment, "PGPASSWORD": self._password}
        asking = Container.__new__(Container)
        asking.__dict__ |= {**self.container.__dict__, "environment": environment}
        process = asking.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        output, errors = process.communicate(statements.encode(), timeout=SECONDS)
        return subprocess.CompletedProcess(command, process.returncode, output, errors)


class Valkey:
    """In its data directory, which is the volume itself."""

    def __init__(self, container: Container) -> None:
        self.container = container
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def begin(self, *options: str) -> None:
        command = ["sh", "-c", 'cd /data && exec valkey-server --bind 127.0.0.1 "$@"', "valkey", *options]
        self._process = self.container.start(command, stdout=subprocess.DEVNULL)
        until(lambda: self.ask("PING") in ("PONG", "LOADING Valkey is loading the dataset in memory"), "Valkey answers")

    def end(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(SECONDS)
            self._process = None

    def ask(self, *words: str, number: int = 0) -> str:
        process = self.container.start(
            ["valkey-cli", "-n", str(number), *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        return process.communicate(timeout=SECONDS)[0].decode().strip()
