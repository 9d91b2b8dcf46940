"""Real servers on loopback: a release server, and a registry held to the pull part of the OCI distribution spec.

The registry is a small one of this file's own: manifests by tag and digest, blobs by way of a redirect, and the bearer
token dance, which is what public registries ask of an anonymous client.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parents[3]), str(Path(__file__).parent)]

from plugins.module_utils._artifact.fetch import Fetcher  # noqa: E402
from plugins.module_utils._artifact.transport import Transport  # noqa: E402


class Server:
    """Serves files; `cuts` has, by path, after how many bytes the connection is cut, one request after the other."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cuts: dict[str, list[int]] = {}
        self.requests: list[tuple[str, str]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, *_: object) -> None:
                """Tests look at `requests` instead."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._http.server_port}"
        self.url = f"http://{self.address}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.requests.append((request.path, request.headers.get("Range", "")))
        self.send(request, self.files.get(request.path))

    def send(self, request: BaseHTTPRequestHandler, content: bytes | None, kind: str = "") -> None:
        if content is None:
            request.send_error(404)
            return
        ranged = request.headers.get("Range", "")
        start = int(ranged.removeprefix("bytes=").rstrip("-")) if ranged else 0
        if start and start >= len(content):
            request.send_error(416)
            return
        body = content[start:]
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(body)))
        if kind:
            request.send_header("Content-Type", kind)
        request.end_headers()
        if cuts := self.cuts.get(request.path):
            request.wfile.write(body[: cuts.pop(0)])
            request.close_connection = True
        else:
            request.wfile.write(body)

    def ranges(self, path: str) -> list[str]:
        return [ranged for asked, ranged in self.requests if asked == path]


class Registry(Server):
    """Repositories of images; a manifest or blob only for who has fetched a token."""

    TOKEN = "anonymous-pull"

    def __init__(self) -> None:
        super().__init__()
        self.tags: dict[str, str] = {}
        self.blobs: dict[str, bytes] = {}
        self.kinds: dict[str, str] = {}

    def add(self, document: dict | bytes, kind: str = "application/octet-stream") -> dict:
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self.blobs[digest], self.kinds[digest] = content, kind
        return {"mediaType": kind, "digest": digest, "size": len(content)}

    def add_image(self, arch: str, *layers: dict[str, bytes]) -> dict:
        manifest = {
            "schemaVersion": 2,
            "config": self.add({"architecture": arch, "os": "linux"}),
            "layers": [self.add(layer(files)) for files in layers],
        }
        kind = "application/vnd.oci.image.manifest.v1+json"
        return {**self.add(manifest, kind), "platform": {"os": "linux", "architecture": arch}}

    def add_index(self, *images: dict) -> dict:
        # What builders add about provenance is listed like a platform.
        attestation = {**images[0], "platform": {"os": "unknown", "architecture": "unknown"}}
        document = {"schemaVersion": 2, "manifests": [attestation, *images]}
        return self.add(document, "application/vnd.oci.image.index.v1+json")

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path, _query, query = request.path.partition("?")
        self.requests.append((path, request.headers.get("Range", "")))
        authorization = request.headers.get("Authorization", "")
        if path == "/token":
            allowed = "scope=repository:tools/vip:pull" in query
            self.send(request, json.dumps({"token": self.TOKEN}).encode() if allowed else None)
        elif path.startswith("/storage/"):
            # Storage behind a registry refuses a request that is signed twice.
            self.send(request, None if authorization else self.blobs.get(path.removeprefix("/storage/")))
        elif authorization != f"Bearer {self.TOKEN}":
            request.send_response(401)
            challenge = f'Bearer realm="{self.url}/token",service="test",scope="repository:tools/vip:pull"'
            request.send_header("WWW-Authenticate", challenge)
            request.send_header("Content-Length", "0")
            request.end_headers()
        elif path.startswith("/v2/tools/vip/manifests/"):
            reference = path.rpartition("/")[2]
            digest = self.tags.get(reference, reference)
            self.send(request, self.blobs.get(digest), self.kinds.get(digest, ""))
        elif path.startswith("/v2/tools/vip/blobs/"):
            request.send_response(307)
            request.send_header("Location", f"/storage/{path.rpartition('/')[2]}")
            request.send_header("Content-Length", "0")
            request.end_headers()
        else:
            request.send_error(404)


def layer(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return gzip.compress(buffer.getvalue())


@contextmanager
def running(server: Server) -> Iterator[Server]:
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def release() -> Iterator[Server]:
    with running(Server()) as server:
        yield server


@pytest.fixture
def registry() -> Iterator[Registry]:
    with running(Registry()) as server:
        yield server


@pytest.fixture
def said() -> list[str]:
    """What the user was told."""
    return []


@pytest.fixture
def fetcher(tmp_path: Path, said: list[str]) -> Fetcher:
    return Fetcher(tmp_path / "cache", said.append)


@pytest.fixture
def transport(tmp_path: Path, said: list[str]) -> Transport:
    return Transport(tmp_path / "cache/unreachable", said.append)
