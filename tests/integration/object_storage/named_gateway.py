"""A versitygw on loopback that has names: each bucket is a host below its own, as AWS has it.

Nothing resolves these names. Clients ask a proxy, as they would anywhere without names of their own: it leads every
name to the gateway, and keeps which ones it was asked for.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import gateway

from plugins.plugin_utils._pki import certificate

DOMAIN = "s3.gateway.example"
KEYS = gateway.KEYS


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


@contextlib.contextmanager
def serving(directory: Path) -> Iterator[tuple[Proxy, Path]]:
    """The way to the gateway, and the authority of its certificate."""
    issued = gateway.issue(directory, certificate.Subject((DOMAIN, f"*.{DOMAIN}"), ()))
    names = {"VGW_VIRTUAL_DOMAIN": DOMAIN, "VGW_CERT": str(issued.certificate), "VGW_KEY": str(issued.key)}
    with gateway.running(directory, names) as port, Proxy(port) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        try:
            yield proxy, issued.authority
        finally:
            proxy.shutdown()
