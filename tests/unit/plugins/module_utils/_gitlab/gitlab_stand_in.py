"""Stands for GitLab: the part of its API that a runner has (lib/api/ci/runner.rb), over http on loopback.

No registry carries GitLab. It takes one token, notes who asks and what for, and gives out jobs that a test has made.
"""

from __future__ import annotations

import http.server
import json
import re
import ssl
import threading
import typing as t
from dataclasses import dataclass, field

TOKEN = "glrt-0123456789abcdefghij"


@dataclass
class GitLab:
    """C(jobs) are given out one by one; by their numbers C(done) says how they ended, and C(logs) what they said."""

    token: str = TOKEN
    machines: list[str] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    jobs: list[dict[str, t.Any]] = field(default_factory=list)
    logs: dict[int, bytes] = field(default_factory=dict)
    done: dict[int, str] = field(default_factory=dict)
    artifacts: dict[int, bytes] = field(default_factory=dict)
    url: str = ""

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, t.Any]:
        self.asked.append((method, path))
        if found := re.fullmatch(r"/api/v4/jobs/(\d+)/trace", path):
            number = int(found[1])
            self.logs[number] = self.logs.get(number, b"") + body
            return 202, None
        if found := re.fullmatch(r"/api/v4/jobs/(\d+)/artifacts", path):
            self.artifacts[int(found[1])] = body
            return 201, {}
        given = json.loads(body or b"{}")
        if found := re.fullmatch(r"/api/v4/jobs/(\d+)", path):
            if given.get("state") in ("success", "failed"):
                self.done[int(found[1])] = given["state"]
            return 200, None
        if given.get("token") != self.token:
            return 403, {"message": "403 Forbidden"}
        return self.of_runner(method, path, given)

    def of_runner(self, method: str, path: str, given: dict[str, t.Any]) -> tuple[int, t.Any]:
        name = given.get("system_id", "")
        if (method, path) == ("POST", "/api/v4/runners/verify"):
            self.machines = sorted({*self.machines, name})
            return 200, {"id": 17, "token": self.token, "token_expires_at": None}
        if (method, path) == ("DELETE", "/api/v4/runners/managers"):
            if name not in self.machines:
                return 404, {"message": "404 Runner not found"}
            self.machines.remove(name)
            return 204, None
        if (method, path) == ("POST", "/api/v4/jobs/request"):
            return (201, self.jobs.pop(0)) if self.jobs else (204, None)
        return 404, {"message": "404 Not Found"}


def handler(gitlab: GitLab) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = self.chunks()
            else:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.partition("?")[0]
            status, content = gitlab.answer(self.command, path, body)
            text = b"" if content is None else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            if path.endswith("/trace"):
                number = int(path.split("/")[-2])
                self.send_header("Range", f"0-{len(gitlab.logs[number])}")
                self.send_header("Job-Status", "running")
            self.end_headers()
            self.wfile.write(text)

        def chunks(self) -> bytes:
            found = b""
            while size := int(self.rfile.readline().strip() or b"0", 16):
                found += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return found

        do_POST = do_PUT = do_PATCH = do_DELETE = respond

        def log_message(self, *_: t.Any) -> None:
            """Say nothing."""

    return Handler


class Served:
    """A GitLab as long as the context, by https where there is a certificate."""

    def __init__(self, tls: ssl.SSLContext | None = None, at: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        self.tls, self.at = tls, at

    def __enter__(self) -> GitLab:
        self.gitlab = GitLab()
        self.server = http.server.ThreadingHTTPServer(self.at, handler(self.gitlab))
        self.server.daemon_threads = True
        if self.tls:
            self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True)
        scheme = "https" if self.tls else "http"
        self.gitlab.url = f"{scheme}://{self.at[0]}:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        return self.gitlab

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
