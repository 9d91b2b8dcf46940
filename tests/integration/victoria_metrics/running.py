"""Hosts of a site on loopback: the units and files that the role makes of them, run by Debian's own programs."""

from __future__ import annotations

import base64
import datetime
import json
import re
import shlex
import ssl
import struct
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lab import debian

STOP_SECONDS = 20.0


@dataclass
class Host:
    """A host in a directory of its own; what runs on it dies with the process that started it."""

    name: str
    place: Path
    tree: Path
    address: str
    local: str
    made: dict[str, Any]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def put(self) -> None:
        """Write the files as the role does."""
        texts = {path: one["content"] for path, one in self.made["files"].items()} | self.made["secret_files"]
        for path, text in texts.items():
            if text:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                Path(path).write_text(text)

    def start(self, unit: str) -> None:
        """Start a unit by what systemd would do of it: directories, credentials and the command."""
        text = self.made["units"][unit]["content"]
        for name, path in re.findall(r"^LoadCredential=([^:]+):(.+)$", text, re.MULTILINE):
            credential = self.place / "run" / unit / name
            credential.parent.mkdir(parents=True, exist_ok=True)
            credential.write_text(Path(path).read_text())
        for names in re.findall(r"^StateDirectory=(.+)$", text, re.MULTILINE):
            for name in names.split():
                (self.place / "lib" / name).mkdir(parents=True, exist_ok=True)
        for command in re.findall(r"^ExecStartPre=-(/.+)$", text, re.MULTILINE):
            subprocess.run(shlex.split(command), check=True)
        line = re.search(r"^ExecStart=((?:.*\\\n)*.*)$", text, re.MULTILINE)
        assert line is not None
        program, *words = shlex.split(line[1].replace("\\\n", " ").replace("%%", "%").replace("$$", "$"))
        with (self.place / f"{unit}.log").open("ab") as log:
            # In a mount namespace of its own: Alertmanager looks for its templates below /usr/share.
            bound = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0/usr/share" /usr/share && exec "$@"', self.tree]
            inside = (self.tree / program.lstrip("/")).exists()
            found = debian.program(self.tree, program.lstrip("/")) if inside else [*debian.DIE_WITH_PARENT, program]
            command = [*bound, *found, *words]
            self.processes[unit] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start_all(self) -> None:
        for unit, one in self.made["units"].items():
            if one.get("state") != "absent":
                self.start(unit)

    def stop(self, unit: str) -> None:
        process = self.processes.pop(unit)
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self, unit: str) -> None:
        process = self.processes.pop(unit)
        process.kill()
        process.wait()

    def stop_all(self) -> None:
        for process in self.processes.values():
            process.kill()
        for process in self.processes.values():
            process.wait()
        self.processes.clear()

    def ended(self) -> dict[str, str]:
        """Units whose process is gone, each with the end of its log."""
        return {
            unit: (self.place / f"{unit}.log").read_text()[-1500:]
            for unit, process in self.processes.items()
            if process.poll() is not None
        }

    def own(self, port: int, path: str) -> Any:
        """What a program answers on the host itself."""
        with urllib.request.urlopen(f"http://{self.local}:{port}{path}", timeout=5) as answer:
            return json.load(answer)

    def silence(self, alert: str, until: int) -> None:
        """Have the host's Alertmanager tell nobody of an alert."""
        moment = datetime.datetime.fromtimestamp(until, datetime.UTC).isoformat()
        body = {
            "matchers": [{"name": "alertname", "value": alert, "isRegex": False}],
            "startsAt": datetime.datetime.now(datetime.UTC).isoformat(),
            "endsAt": moment,
            "createdBy": "somebody",
            "comment": "known",
        }
        url, kind = f"http://{self.local}:9093/api/v2/silences", {"Content-Type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), kind), timeout=5).read()

    def own_text(self, port: int, path: str) -> str:
        with urllib.request.urlopen(f"http://{self.local}:{port}{path}", timeout=5) as answer:
            return str(answer.read().decode())

    def stored(self, query: str) -> float:
        """The only value of an expression in the host's own store, or in all of a cluster; 0 if there is none."""
        words = urllib.parse.urlencode({"query": query, "nocache": 1, "latency_offset": "1ms"})
        port, path = (8481, "/select/0/prometheus") if self.made["mode"] == "cluster" else (8428, "")
        found = self.own(port, f"{path}/api/v1/query?{words}")["data"]["result"]
        return float(found[0]["value"][1]) if found else 0.0


@dataclass
class Client:
    """Somebody on the network who trusts the site's authority."""

    authority: str
    user: str = ""
    password: str = ""

    def ask(self, host: Host, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        context = ssl.create_default_context(cadata=self.authority)
        request = urllib.request.Request(f"https://{host.address}:8427{path}", data=body)
        if self.user:
            pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            request.add_header("Authorization", f"Basic {pair}")
        if body:
            request.add_header("Content-Encoding", "snappy")
            request.add_header("Content-Type", "application/x-protobuf")
            request.add_header("X-Prometheus-Remote-Write-Version", "0.1.0")
        try:
            with urllib.request.urlopen(request, timeout=10, context=context) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def count(self, host: Host, query: str) -> float:
        words = urllib.parse.urlencode({"query": query, "nocache": 1, "latency_offset": "1ms"})
        status, body = self.ask(host, f"/api/v1/query?{words}")
        assert status == 200, (status, body)
        found = json.loads(body)["data"]["result"]
        return float(found[0]["value"][1]) if found else 0.0


def remote_write(name: str, labels: dict[str, str], samples: list[tuple[float, int]]) -> bytes:
    """What Prometheus writes: a series with its samples (value, milliseconds)."""
    return packed(series(name, labels, samples))


def series(name: str, labels: dict[str, str], samples: list[tuple[float, int]]) -> bytes:
    """A message of one series; one behind the other they are a message of several."""
    pairs = sorted({"__name__": name, **labels}.items())
    content = b"".join(_field(1, _field(1, key.encode()) + _field(2, value.encode())) for key, value in pairs)
    for value, when in samples:
        content += _field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(when))
    return _field(1, content)


def packed(message: bytes) -> bytes:
    """Snappy without compression: the length, then one block that is literally there."""
    return varint(len(message)) + b"\xfc" + struct.pack("<I", len(message) - 1) + message


def now() -> int:
    return int(time.time() * 1000)


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def varint(number: int) -> bytes:
    found = b""
    while number > 0x7F:
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])


class Receiver:
    """Somebody outside who is told of alerts; what they were told, by the path."""

    def __init__(self, address: str) -> None:
        told: list[tuple[str, dict[str, Any]]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                told.append((self.path, json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_words: object) -> None:
                pass

        self._told = told
        self._server = ThreadingHTTPServer((address, 0), Handler)
        self.url = f"http://{address}:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def alerts(self, path: str, name: str = "") -> list[str]:
        """The status of every message about an alert."""
        return [
            body["status"] for at, body in self._told if at == path and name in ("", body["commonLabels"]["alertname"])
        ]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def wait(condition: Callable[[], bool], what: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until something is so; who does not answer yet is waited for."""
    end = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except OSError:
            pass
        if time.monotonic() > end:
            raise AssertionError(what())
        time.sleep(0.1)
