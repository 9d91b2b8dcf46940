"""Databases: how each is looked at, backed up and restored. Whether it has to be is whether its directory is empty."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import BinaryIO, Protocol

from lab.sidecar.standin import paths
from lab.sidecar.standin.config import Config
from lab.sidecar.standin.errors import Failure

DUMP = "dump.rdb"
BASE, WAL = "base.tar.gz", "pg_wal.tar.gz"


class Database(Protocol):
    def backup(self) -> None: ...
    def recover(self) -> None: ...
    def probe(self) -> None:
        """Raise Failure while it does not answer."""


class LocalFS:
    """A directory, copied file by file and in place: who dies meanwhile leaves a part of it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def backup(self) -> None:
        _anew(paths.BACKUP)
        _copy(self._directory, paths.BACKUP)

    def recover(self) -> None:
        _empty(self._directory)
        _copy(paths.RESTORE, self._directory)

    def probe(self) -> None:
        """Always there."""


class Postgres:
    """By the programs of its own image: pg_basebackup, and tar, which unpacks in place."""

    def __init__(self, directory: Path, host: str, port: str, user: str, password: str) -> None:
        self._directory = directory
        self._at = [f"--host={host}", f"--port={port}", f"--username={user}"]
        self._environment = {**os.environ, "PGPASSWORD": password}

    def backup(self) -> None:
        _anew(paths.BACKUP)
        options = ["-D", str(paths.BACKUP), "--wal-method=stream", "--checkpoint=fast", "-z", "--format=t"]
        self._run("pg_basebackup", *options, *self._at)
        for one in (BASE, WAL):
            if not (paths.BACKUP / one).exists():
                raise Failure(f"backup file was not created: {paths.BACKUP / one}")

    def recover(self) -> None:
        for one in (BASE, WAL):
            if not (paths.RESTORE / one).exists():
                raise Failure(f"restore file not present: {paths.RESTORE / one}")
        _empty(self._directory)
        self._run("tar", "-xzf", str(paths.RESTORE / BASE), "-C", str(self._directory))
        log = self._directory / "pg_wal"
        _anew(log)
        self._run("tar", "-xzf", str(paths.RESTORE / WAL), "-C", str(log))

    def probe(self) -> None:
        self._run("psql", "--no-psqlrc", "--dbname=postgres", "--command=select 1", *self._at)

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode:
            raise Failure(f"error running {command[0]}: {done.stdout.strip()}")


class Valkey:
    """Redis, KeyDB or Valkey: a dump that it saves itself, and that is removed once it is copied."""

    def __init__(self, directory: Path, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._directory, self._address = directory, (host, int(port))

    def backup(self) -> None:
        if "role:master" not in self._ask("INFO", "replication"):
            return
        _anew(paths.BACKUP)
        self._ask("SAVE")
        dump = Path(self._ask("CONFIG", "GET", "dir").splitlines()[-1]) / DUMP
        shutil.copyfile(dump, paths.BACKUP / DUMP)
        dump.unlink()

    def recover(self) -> None:
        if not (paths.RESTORE / DUMP).exists():
            raise Failure(f"restore file not present: {paths.RESTORE / DUMP}")
        _empty(self._directory)
        shutil.copyfile(paths.RESTORE / DUMP, self._directory / DUMP)

    def probe(self) -> None:
        self._ask("PING")

    def _ask(self, *words: str) -> str:
        try:
            with socket.create_connection(self._address, 10) as connection, connection.makefile("rb") as answer:
                told = "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
                connection.sendall(f"*{len(words)}\r\n{told}".encode())
                return _reply(answer)
        except OSError as error:
            raise Failure(f"connection error: {error}") from error


def _reply(stream: BinaryIO) -> str:
    """An answer of the protocol of Redis, the parts of a list on a line each."""
    line = stream.readline().decode().rstrip()
    kind, text = line[:1], line[1:]
    if kind == "-":
        raise Failure(text)
    if kind == "$":
        return stream.read(int(text) + 2).decode()[:-2]
    if kind == "*":
        return "\n".join(_reply(stream) for _ in range(int(text)))
    return text


def make(config: Config, directory: Path) -> Database:
    kind = config.get("db")
    if kind == "localfs":
        return LocalFS(directory)
    if kind == "postgres":
        account = (config.get(f"postgres-{name}") for name in ("host", "port", "user", "password"))
        return Postgres(directory, *account)
    if kind in ("redis", "keydb", "valkey"):
        return Valkey(directory, config.needed("redis-addr"))
    raise Failure(f"unsupported database type: {kind}")


def _anew(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)


def _empty(directory: Path) -> None:
    for one in directory.iterdir():
        shutil.rmtree(one) if one.is_dir() and not one.is_symlink() else one.unlink()


def _copy(source: Path, target: Path) -> None:
    for one in sorted(source.iterdir()):
        if one.is_dir():
            (target / one.name).mkdir(exist_ok=True)
            _copy(one, target / one.name)
        else:
            shutil.copyfile(one, target / one.name)
