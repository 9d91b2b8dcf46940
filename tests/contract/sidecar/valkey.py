"""A real Valkey beside a sidecar, as its pod starts it: Debian's Redis, whose protocol and files are the same."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from sidecar import Sidecar, until

# Debian ships the one program of Redis by this name; it is the server when it is called so.
PROGRAM = Path("/usr/bin/redis-check-rdb")
OPTIONS = {"db": "valkey", "db_data_directory": "/data/", "redis_addr": "localhost:6379"}


def ask(*words: str) -> str:
    done = subprocess.run(["redis-cli", *words], stdout=subprocess.PIPE, text=True, check=False, timeout=30)
    return done.stdout.strip()


@contextlib.contextmanager
def running(pod: Sidecar) -> Iterator[subprocess.Popen[bytes]]:
    """In its data directory, until the test ends it or has killed it."""
    server = Path(pod.home / "sidecar/redis-server")
    if not server.exists():
        server.symlink_to(PROGRAM)
    command = ["env", "--chdir=/data", "/sidecar/redis-server", "--bind", "127.0.0.1"]
    process = pod.inside(*command, stdout=subprocess.DEVNULL)
    try:
        until(lambda: ask("PING") == "PONG", "Valkey answers")
        yield process
    finally:
        process.terminate()
        process.wait(30)
