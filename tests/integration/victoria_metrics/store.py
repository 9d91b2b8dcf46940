"""A real VictoriaMetrics on loopback: Debian's own packages, run out of trees in the cache."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab import debian

RELEASES = ("bookworm", "trixie")
PACKAGES = ("victoria-metrics", "prometheus-alertmanager", "prometheus-node-exporter")
PROGRAMS = ("victoria-metrics", "vmbackup", "vmrestore")
START_SECONDS = 20.0


def put_programs(tree: Path, directory: Path) -> None:
    """Have the release's programs found by their names in a directory."""
    directory.mkdir()
    for name in PROGRAMS:
        script = directory / name
        script.write_text(f'#!/bin/sh\nexec {shlex.join(debian.program(tree, f"usr/bin/{name}"))} "$@"\n')
        script.chmod(0o755)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(data: Path, port: int) -> Iterator[str]:
    """Run a store and return its URL once it answers; it dies with the process that started it."""
    url = f"http://127.0.0.1:{port}"
    with (data.parent / f"log-{time.time_ns()}").open("wb") as log:
        words = ["victoria-metrics", f"-storageDataPath={data}", f"-httpListenAddr=127.0.0.1:{port}"]
        process = subprocess.Popen([*words, "-retentionPeriod=100y"], stdout=log, stderr=log)
        try:
            end = time.monotonic() + START_SECONDS
            while not answers(url):
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"victoria-metrics did not start:\n{Path(log.name).read_text()}")
                time.sleep(0.05)
            yield url
        finally:
            process.terminate()
            process.wait(30)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def write(url: str, series: range) -> None:
    """Write a sample of each series, and have it where a snapshot finds it."""
    lines = "".join(f'temperature{{machine="m{number}"}} {number} 1750000000000\n' for number in series)
    for path, body in (("/api/v1/import/prometheus", lines.encode()), ("/internal/force_flush", b"")):
        urllib.request.urlopen(f"{url}{path}", data=body, timeout=20).read()


def owner() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name
