"""What versitygw lacks and the sidecar does not start without: lifecycle rules of a bucket.

A stand-in before a real versitygw: it keeps the rules that it is given and tells them again, and never acts on them.
All else, and whose signature is good, is the gateway's answer.
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import ssl
import threading
import urllib.parse
from collections.abc import Iterator

from gateway import Issued

NOT_IMPLEMENTED = 501
# Of one connection alone; the body is read as long as it is told.
_HOP = ("expect", "connection", "transfer-encoding", "keep-alive")


class Front(http.server.ThreadingHTTPServer):
    """asked: method, path and query of each request, the status of its answer. rules: by bucket.

    lacks_rules: leave it at what the gateway answers.
    """

    daemon_threads = True

    def __init__(self, behind: int, files: Issued, address: str) -> None:
        super().__init__((address, 0), _Handler)
        self.behind = behind
        self.asked: list[tuple[str, str, int]] = []
        self.rules: dict[str, bytes] = {}
        self.lacks_rules = False
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(files.certificate, files.key)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def url(self) -> str:
        return f"https://{self.server_address[0]}:{self.server_address[1]}"


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Front

    def handle_one_request(self) -> None:
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            super().handle_one_request()
            return
        self.close_connection = True

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, headers, content = self._ask(body)
        path, _, query = self.path.partition("?")
        rules = status == NOT_IMPLEMENTED and not self.server.lacks_rules
        if rules and "lifecycle" in urllib.parse.parse_qs(query, keep_blank_values=True):
            status, headers, content = self._lifecycle(path.strip("/"), body)
        self.server.asked.append((self.command, self.path, status))
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in (*_HOP, "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(dict(headers).get("Content-Length", len(content))))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = _serve

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=30)
        with contextlib.closing(connection):
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()

    def _lifecycle(self, bucket: str, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        if self.command == "PUT":
            self.server.rules[bucket] = body
            return 200, [], b""
        if bucket in self.server.rules:
            return 200, [("Content-Type", "application/xml")], self.server.rules[bucket]
        return 404, [], b"<Error><Code>NoSuchLifecycleConfiguration</Code></Error>"

    def log_message(self, *_: object) -> None:
        """What was asked is in `asked`."""


@contextlib.contextmanager
def serving(behind: int, files: Issued, address: str = "127.0.0.1") -> Iterator[Front]:
    with Front(behind, files, address) as front:
        threading.Thread(target=front.serve_forever, daemon=True).start()
        try:
            yield front
        finally:
            front.shutdown()
