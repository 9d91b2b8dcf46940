"""Real PowerDNS servers on loopback: Debian's own packages of three releases, run out of trees in the cache."""

from __future__ import annotations

import http.client
import json
import random
import socket
import sqlite3
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab import debian

RELEASES = ("bookworm", "trixie", "forky")
BACKENDS = ("gsqlite3", "lmdb")
PACKAGES = ("pdns-server", "pdns-backend-sqlite3", "pdns-backend-lmdb")
KEY = "key-of-a-test"
START_SECONDS = 20.0
PORTS = range(20000, 30000)
# A name per port that this process has taken: a daemon binds it a moment later, and another suite runs beside this one.
TAKEN: list[socket.socket] = []


@dataclass
class Daemon:
    """One pdns_server with a data directory of its own; it dies with the process that started it."""

    tree: Path
    backend: str
    directory: Path
    settings: dict[str, str] = field(default_factory=dict)
    dns_port: int = 0
    api_port: int = 0
    key: str = KEY

    def start(self) -> Daemon:
        self.directory.mkdir(parents=True, exist_ok=True)
        self.dns_port = self.dns_port or free_port()
        self.api_port = self.api_port or free_port()
        configuration = {**self._common(), **self._backend(), **self.settings}
        lines = "".join(f"{name}={value}\n" for name, value in configuration.items())
        (self.directory / "pdns.conf").write_text(lines)
        self._log = (self.directory / "log").open("a")
        self._process = subprocess.Popen(
            [*debian.program(self.tree, "usr/sbin/pdns_server", "pdns", "systemd"), f"--config-dir={self.directory}"],
            stdout=self._log,
            stderr=self._log,
        )
        end = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"pdns_server did not start:\n{(self.directory / 'log').read_text()}")
            time.sleep(0.02)
        return self

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.close()

    @property
    def release(self) -> str:
        return self.tree.name.partition("-")[0]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.api_port}"

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Past the code under test: what another client of the API does or sees."""
        connection = http.client.HTTPConnection("127.0.0.1", self.api_port, timeout=30)
        payload = None if body is None else json.dumps(body)
        connection.request(method, f"/api/v1/servers/localhost{path}", payload, {"X-API-Key": self.key})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        try:
            return answer.status, json.loads(content) if content else None
        except ValueError:
            return answer.status, content.decode()

    def _answers(self) -> bool:
        if self.settings.get("webserver-address", "").startswith("/"):
            return Path(self.settings["webserver-address"]).is_socket()
        with suppress(OSError):
            return self.request("GET", "")[0] == 200
        return False

    def _libraries(self) -> Path:
        return next(self.tree.glob("usr/lib/*-linux-gnu"))

    def _common(self) -> dict[str, str]:
        return {
            "local-address": "127.0.0.1",
            "local-port": str(self.dns_port),
            "module-dir": f"{self._libraries()}/pdns",
            "socket-dir": str(self.directory),
            "daemon": "no",
            "guardian": "no",
            "api": "yes",
            "api-key": self.key,
            "webserver": "yes",
            "webserver-address": "127.0.0.1",
            "webserver-port": str(self.api_port),
            "webserver-allow-from": "127.0.0.1",
            "xfr-cycle-interval": "1",
            "zone-cache-refresh-interval": "1" if self.backend == "gsqlite3" else "0",
        }

    def _backend(self) -> dict[str, str]:
        if self.backend == "lmdb":
            return {"launch": "lmdb", "lmdb-filename": str(self.directory / "pdns.lmdb"), "lmdb-shards": "1"}
        database = self.directory / "pdns.sqlite3"
        if not database.exists():
            schema = self.tree / "usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"
            connection = sqlite3.connect(database)
            connection.executescript(schema.read_text())
            connection.close()
        return {"launch": "gsqlite3", "gsqlite3-database": str(database), "gsqlite3-dnssec": "yes"}


def free_port() -> int:
    """For UDP and TCP alike, once; below those that the kernel gives to questions, which may take one meanwhile."""
    for port in random.sample(PORTS, len(PORTS)):
        name = socket.socket(socket.AF_UNIX)
        try:
            name.bind(f"\0metalstack-test-port-{port}")
            with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
        except OSError:
            name.close()
            continue
        TAKEN.append(name)
        return port
    raise RuntimeError("no port is free")


def let_the_second_pass() -> None:
    """A catalog's serial counts seconds: fetched just before it changes again in the same one, it never looks newer."""
    time.sleep(1.1)
