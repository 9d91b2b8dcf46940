"""Before a registry that answers a question for referrers as ghcr.io does: signatures are found all the same."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from published import Publisher, vector


class Refuses(BaseHTTPRequestHandler):
    """The server that is redirected to: with a status and a page for everybody."""

    status = 429

    def do_GET(self) -> None:
        page = b"<html>not here</html>"
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_arguments: object) -> None:
        """Nothing."""


class Redirects(BaseHTTPRequestHandler):
    """A registry, but for its list of referrers, which is elsewhere."""

    behind: ClassVar[str]
    elsewhere: ClassVar[str]

    def do_GET(self) -> None:
        if "/referrers/" in self.path:
            self.send_response(303)
            self.send_header("Location", f"{self.elsewhere}/")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        request = urllib.request.Request(f"http://{self.behind}{self.path}")
        request.add_header("Accept", self.headers.get("Accept", "*/*"))
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                self._answer(response.status, response.headers["Content-Type"], response.read())
        except urllib.error.HTTPError as error:
            self._answer(error.code, "application/json", error.read())

    def _answer(self, status: int, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        """Nothing."""


@pytest.fixture(params=[429, 200], ids=["rate limited", "a page"])
def front(request, registry) -> Iterator[str]:
    """The address of a registry that redirects."""
    refuses = type("Refuses", (Refuses,), {"status": request.param})
    elsewhere = ThreadingHTTPServer(("127.0.0.1", 0), refuses)
    address = f"http://127.0.0.1:{elsewhere.server_port}"
    redirects = type("Redirects", (Redirects,), {"behind": registry.address, "elsewhere": address})
    servers = [elsewhere, ThreadingHTTPServer(("127.0.0.1", 0), redirects)]
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"127.0.0.1:{servers[1].server_port}"
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("bundles", [False, True], ids=["simple signing", "bundles"])
def test_a_signature_is_found_where_referrers_are_not_listed(registry, key, stage, front, bundles):
    publisher = Publisher(registry, key, bundles)
    publisher.roles()
    publisher.release("v0.22.18", vector(front, "v1.137.7"))
    stage.address = front
    assert stage.install()["release"]["vectors"][0]["trusted_by"] == "key"


def test_what_is_not_signed_is_refused_with_the_reason_why_nothing_is_listed(registry, stage, front):
    Publisher(registry, None).release("v0.22.18", vector(front, "v1.137.7"))
    stage.address = front
    assert "for it, as far as it can be listed (" in stage.install()["msg"]
