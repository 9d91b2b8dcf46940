"""The server: who asks (the security library's hmac.go), and on to the kind's resource."""

from __future__ import annotations

import contextlib
import hmac
import json
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from fake.server import Fake
from fake.v1.capacity import Capacity
from fake.v1.dependents import IPs, Machines, SizeImageConstraints
from fake.v1.filesystem_layout import FilesystemLayouts
from fake.v1.image import Images
from fake.v1.network import Networks
from fake.v1.partition import Partitions
from fake.v1.project import Projects
from fake.v1.size import Sizes
from fake.v1.size_reservation import SizeReservations
from fake.v1.switch import Switches
from fake.v1.table import Refusal
from fake.v1.tenant import Tenants
from fake.world import HMAC_KEY, claims

LIFETIME = timedelta(seconds=90)  # that of the user Metal-Admin
TABLES = {
    "capacity": Capacity,
    "filesystem_layout": FilesystemLayouts,
    "image": Images,
    "ip": IPs,
    "machine": Machines,
    "network": Networks,
    "partition": Partitions,
    "project": Projects,
    "size": Sizes,
    "size_image_constraint": SizeImageConstraints,
    "size_reservation": SizeReservations,
    "switch": Switches,
    "tenant": Tenants,
}


class Server(Fake):
    version = "v1"

    def __init__(self, certificate: tuple[str, str] | None = None) -> None:
        super().__init__(TABLES)
        server = self

        class Handler(_Handler):
            owner = server

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(*certificate)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self._http.server_port}"

    def serve(self) -> None:
        self._http.serve_forever(poll_interval=0.05)

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def handle(self, method: str, target: str, headers: Any, body: Any) -> tuple[int, Any]:
        parts = urlsplit(target)
        self.world.requests.append(f"{method} {parts.path}")
        self.world.bodies.append(body)
        fault = self.world.fault(f"{method} {parts.path}")
        if fault:
            if fault.hangs:
                self.world.over.wait()
                raise Refusal(503, "the test is over")
            if fault.meanwhile:
                fault.meanwhile()
            if fault.status and fault.text:
                return int(fault.status), fault.text
            if fault.status:
                raise Refusal(int(fault.status), fault.message)
        self._authenticate(method, headers)
        if parts.path == "/v1/version":
            return 200, {"name": "metal-api", "version": "fake"}
        # The longest first: reservations are below sizes.
        for table in sorted(self.tables.values(), key=lambda one: -len(one.path)):
            if parts.path == table.path or parts.path.startswith(f"{table.path}/"):
                return table.handle(method, parts.path.removeprefix(table.path), parts.query, body)
        return 404, "404: Page Not Found"

    def _authenticate(self, method: str, headers: Any) -> None:
        scheme, _space, given = (headers.get("Authorization") or "").partition(" ")
        if not given:
            raise Refusal(403, "no auth found")
        if scheme == "Bearer":
            if claims(given)["exp"] < datetime.now(UTC).timestamp():
                raise Refusal(403, "oidc: token is expired")
            if claims(given)["role"] != "editor":
                raise Refusal(403, "you are not member in one of [maas-all-all-admin]")
            return
        if scheme != "Metal-Admin":
            raise Refusal(403, "unknown authtype found")
        date = headers.get("X-Date")
        if datetime.now(UTC) + self.world.clock_ahead - datetime.fromisoformat(date) > LIFETIME:
            raise Refusal(403, f'the timestamp in your header is too old: "{date}"')
        message = f"{date}{method}{headers.get('X-Data-Salt')}".encode()
        if hmac.new(HMAC_KEY.encode(), message, sha256).hexdigest() != given:
            raise Refusal(403, "Wrong HMAC found")


class _Handler(BaseHTTPRequestHandler):
    owner: Server
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        try:
            status, document = self.owner.handle(self.command, self.path, self.headers, body)
        except Refusal as refusal:
            status, document = refusal.status, {"statuscode": refusal.status, "message": str(refusal)}
        # The router's own answers are text.
        content = (document if isinstance(document, str) else json.dumps(document)).encode()
        with contextlib.suppress(OSError):  # who has waited long enough is gone
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _answer

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(datetime.now(UTC) + self.owner.world.clock_ahead, usegmt=True)

    def log_message(self, *_: object) -> None:
        pass
