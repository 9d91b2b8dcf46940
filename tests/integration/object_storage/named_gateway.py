"""A versitygw on loopback that has names: each bucket is a host below its own, as AWS has it.

Nothing resolves these names. Clients ask a proxy, as they would anywhere without names of their own: it leads every
name to the gateway, and keeps which ones it was asked for.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from lab import build, settings
from plugins.plugin_utils._pki import certificate
from plugins.plugin_utils._site import authority

DOMAIN = "s3.gateway.example"
KEYS = {"access_key": "gateway-root", "secret_key": "gateway-secret"}


class _Tunnel(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        asked = b""
        while b"\r\n\r\n" not in asked:
            asked += self.request.recv(4096)
        self.server.names.add(asked.split()[1].decode().rpartition(":")[0])
        with socket.create_connection(("127.0.0.1", self.server.behind)) as there:
            self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pour, args=(there, self.request), daemon=True)
            back.start()
            _pour(self.request, there)
            back.join(30)


def _pour(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class Proxy(socketserver.ThreadingTCPServer):
    """names: what was asked for."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, behind: int) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.behind, self.names = behind, set[str]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


def _free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serving(directory: Path) -> Iterator[tuple[Proxy, Path]]:
    """The way to the gateway, and the authority of its certificate."""
    issuer = certificate.authority(authority.generate("gateway"))
    subject = certificate.Subject((DOMAIN, f"*.{DOMAIN}"), ())
    now = datetime.datetime.now(datetime.UTC)
    files = dict(
        zip(("VGW_CERT", "VGW_KEY"), certificate.issue(issuer, subject, datetime.timedelta(days=1), now), strict=True)
    )
    for name, text in {**files, "ca": issuer.pem}.items():
        (directory / name).write_text(text)
    for name in ("objects", "versions"):
        (directory / name).mkdir()
    port = _free()
    environment = {
        "PATH": os.defpath, "ROOT_ACCESS_KEY_ID": KEYS["access_key"], "ROOT_SECRET_ACCESS_KEY": KEYS["secret_key"],
        "VGW_PORT": f"127.0.0.1:{port}", "VGW_REGION": "eu", "VGW_VIRTUAL_DOMAIN": DOMAIN, "VGW_KEEP_ALIVE": "true",
        "VGW_VERSIONING_DIR": str(directory / "versions"), **{name: str(directory / name) for name in files},
    }  # fmt: skip
    program = build.ensure("versitygw", settings.from_environment().cache) / "versitygw"
    with (directory / "log").open("wb") as log:
        gateway = subprocess.Popen(
            [program, "posix", directory / "objects"], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    with Proxy(port) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        try:
            _wait(port, gateway)
            yield proxy, directory / "ca"
        finally:
            proxy.shutdown()
            gateway.terminate()
            gateway.wait(30)


def _wait(port: int, gateway: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > end or gateway.poll() is not None:
                raise
            time.sleep(0.1)
