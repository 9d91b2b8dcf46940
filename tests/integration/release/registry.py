"""Real registries on loopback, and a client that pushes to them."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from lab import debian

SUITE, PACKAGE = "trixie", "docker-registry"
START_SECONDS = 20.0
PORTS = range(30000, 32000)
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
LOGIN = ("mirror", "mirror-secret")
# bcrypt of the password above; the registry takes no other kind.
HTPASSWD = "mirror:$2b$05$abcdefghijklmnopqrstuu2FIFXtHSLQAPue4v9.WZPkSu0M/yQ/K\n"

Descriptor = dict[str, Any]


class Server:
    """One registry, and what its publishers do; it dies with the process that started it."""

    def __init__(self, command: Sequence[str], address: str, log: Path, login: tuple[str, str] | None = None) -> None:
        self.address = address
        self._authorization = f"Basic {base64.b64encode(':'.join(login).encode()).decode()}" if login else ""
        self._log = log.open("w")
        self._command = command
        self.resume()

    def stop(self) -> None:
        self.pause()
        self._log.close()

    def pause(self) -> None:
        """Be gone, and keep what it has."""
        self._process.kill()
        self._process.wait()

    def resume(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=self._log, stderr=self._log)
        self._await(Path(self._log.name))

    def push(self, repository: str, tag: str, layers: Mapping[str, bytes], **more: Any) -> Descriptor:
        """Push an artifact of layers by media type; C(tag) may be empty. Return its manifest's descriptor."""
        described = [self._blob(repository, content, kind) for kind, content in layers.items()]
        return self.push_manifest(repository, tag, layers=described, **more)

    def push_manifest(self, repository: str, tag: str, kind: str = MANIFEST, **content: Any) -> Descriptor:
        document: dict[str, Any] = {"schemaVersion": 2, "mediaType": kind, **content}
        if kind == MANIFEST:
            document["config"] = self._blob(repository, b"{}", EMPTY)
        body = json.dumps(document).encode()
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        self._request("PUT", f"{repository}/manifests/{tag or digest}", body, {"Content-Type": kind})
        return {"mediaType": kind, "digest": digest, "size": len(body)}

    def _blob(self, repository: str, content: bytes, kind: str) -> Descriptor:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        location = self._request("POST", f"{repository}/blobs/uploads/").headers["Location"]
        path = location.partition("/v2/")[2]
        octets = {"Content-Type": "application/octet-stream"}
        self._request("PUT", f"{path}{'&' if '?' in path else '?'}digest={digest}", content, octets)
        return {"mediaType": kind, "digest": digest, "size": len(content)}

    def _request(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Any:
        request = urllib.request.Request(f"http://{self.address}/v2/{path}", body, dict(headers or {}), method=method)
        if self._authorization:
            request.add_header("Authorization", self._authorization)
        with urllib.request.urlopen(request, timeout=30) as response:
            response.read()
            return response

    def _await(self, log: Path) -> None:
        end = time.monotonic() + START_SECONDS
        while True:
            with suppress(OSError):
                host, _colon, port = self.address.partition(":")
                socket.create_connection((host, int(port)), timeout=2).close()
                return
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the registry did not start:\n{log.read_text()}")
            time.sleep(0.05)


class Registry(Server):
    """Debian's docker-registry, which does not list referrers, with a directory of its own."""

    def __init__(self, tree: Path, directory: Path, login: tuple[str, str] | None = None) -> None:
        self.directory = directory
        directory.mkdir(parents=True)
        address = f"127.0.0.1:{free_port()}"
        (directory / "htpasswd").write_text(HTPASSWD)
        (directory / "config.yml").write_text(json.dumps(self._configuration(address, bool(login))))
        command = [*debian.program(tree, "usr/bin/docker-registry"), "serve", str(directory / "config.yml")]
        super().__init__(command, address, directory / "log", login)

    def blob_file(self, digest: str) -> Path:
        """Where the registry keeps a blob."""
        value = digest.removeprefix("sha256:")
        return self.directory / "data/docker/registry/v2/blobs/sha256" / value[:2] / value / "data"

    def lose(self, repository: str, digest: str) -> None:
        """As a copy that was broken off: the manifest is there and the layer is not."""
        shutil.rmtree(self.blob_file(digest).parent)
        links = self.directory / "data/docker/registry/v2/repositories" / repository / "_layers/sha256"
        shutil.rmtree(links / digest.removeprefix("sha256:"))

    def _configuration(self, address: str, closed: bool) -> dict[str, Any]:
        login = {"auth": {"htpasswd": {"realm": "mirror", "path": str(self.directory / "htpasswd")}}}
        return {
            "version": 0.1,
            "storage": {"filesystem": {"rootdirectory": str(self.directory / "data")}},
            "http": {"addr": address},
            **(login if closed else {}),
        }


class ListingRegistry(Server):
    """The registry of go-containerregistry, which lists referrers and keeps everything in memory."""

    def __init__(self, program: Path, log: Path) -> None:
        address = f"127.0.0.1:{free_port()}"
        super().__init__([*debian.DIE_WITH_PARENT, str(program), address], address, log)


def free_port() -> int:
    """A port that nothing listens on, below those that the kernel gives away."""
    for port in random.sample(PORTS, len(PORTS)):
        with suppress(OSError), socket.socket() as tcp:
            tcp.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")
