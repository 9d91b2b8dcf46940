"""The server: who asks, what the API's own rules have against it, and on to the kind's service.

HTTP/2 with prior knowledge, as the SDK's client speaks it.
"""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime
from typing import Any

import hypercorn.asyncio
import hypercorn.config
import metalstack.api.v2.version_connect as version_connect
import metalstack.api.v2.version_pb2 as version_pb2
import protovalidate
from connectrpc.code import Code
from connectrpc.errors import ConnectError

from fake.server import Fake
from fake.v2.dependents import IPs, Machines, SizeImageConstraints
from fake.v2.filesystem_layout import FilesystemLayouts
from fake.v2.image import Images
from fake.v2.network import Networks
from fake.v2.partition import Partitions
from fake.v2.parts import OwnIPs, OwnMachines, OwnNetworks, OwnSizeReservations
from fake.v2.project import AllProjects, Projects
from fake.v2.size import Sizes
from fake.v2.size_reservation import SizeReservations
from fake.v2.switch import Switches
from fake.v2.tenant import AllTenants, Tenants
from fake.world import World, claims

TABLES = {
    "all_projects": AllProjects,
    "all_tenants": AllTenants,
    "filesystem_layout": FilesystemLayouts,
    "image": Images,
    "ip": IPs,
    "machine": Machines,
    "network": Networks,
    "own_ips": OwnIPs,
    "own_machines": OwnMachines,
    "own_networks": OwnNetworks,
    "own_size_reservations": OwnSizeReservations,
    "partition": Partitions,
    "project": Projects,
    "size": Sizes,
    "size_image_constraint": SizeImageConstraints,
    "size_reservation": SizeReservations,
    "switch": Switches,
    "tenant": Tenants,
}


class Version(version_connect.VersionService):
    applications = (version_connect.VersionServiceASGIApplication,)

    async def get(self, request: Any, ctx: Any) -> Any:
        return version_pb2.VersionServiceGetResponse(version=version_pb2.Version(version="v0.0.0-fake"))


class Gate:
    """Before each call: pkg/auth and the validation of cmd/server."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def intercept_unary(self, call_next: Any, request: Any, ctx: Any) -> Any:
        method = ctx.method()
        name = f"{method.service_name.removeprefix('metalstack.')}/{method.name}"
        self.world.requests.append(name)
        self.world.bodies.append(request)
        fault = self.world.fault(name)
        if fault:
            if fault.hangs:
                over = self.world.over
                while not over.is_set():
                    await asyncio.sleep(0.02)
                raise ConnectError(Code.CANCELED, "the test is over")
            if fault.meanwhile:
                fault.meanwhile()
            if fault.status:
                raise ConnectError(Code(fault.status), fault.message)
        if name != "api.v2.VersionService/Get":
            self._authorize(name, ctx.request_headers().get("authorization") or "")
        try:
            protovalidate.validate(request)
        except protovalidate.ValidationError as error:
            raise ConnectError(Code.INVALID_ARGUMENT, f"validation error: {error}") from error
        return await call_next(request, ctx)

    def _authorize(self, name: str, header: str) -> None:
        _scheme, _space, token = header.partition(" ")
        if not token:
            raise ConnectError(Code.PERMISSION_DENIED, f"access to:/metalstack.{name} is not allowed because no token")
        given = claims(token)
        if given["exp"] < datetime.now(UTC).timestamp():
            raise ConnectError(Code.UNAUTHENTICATED, "token has invalid claims: token is expired")
        if given["sub"] == "revoked":
            raise ConnectError(Code.UNAUTHENTICATED, "token was revoked")
        reads = name.endswith(("/List", "/Get", "/Usage", "/Capacity"))
        allowed = {"editor", "viewer"} if reads else {"editor"}
        if name.startswith("admin.") and given["role"] not in allowed:
            raise ConnectError(Code.PERMISSION_DENIED, f"access to:/metalstack.{name} is not allowed")


class Server(Fake):
    version = "v2"

    def __init__(self, certificate: tuple[str, str] | None = None) -> None:
        super().__init__(TABLES)
        gate = Gate(self.world)
        self._applications = {}
        for service in (Version(), *self.tables.values()):
            for application in service.applications:
                one = application(service, interceptors=[gate])
                self._applications[one.path] = one
        listening = socket.create_server(("127.0.0.1", 0))
        host, port = listening.getsockname()
        self._config = hypercorn.config.Config()
        self._config.bind = [f"fd://{listening.detach()}"]
        self._config.errorlog = None
        self._config.graceful_timeout = 0.2
        if certificate:
            self._config.certfile, self._config.keyfile = certificate
        self.url = f"http{'s' if certificate else ''}://{host}:{port}"
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()

    def serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(
            hypercorn.asyncio.serve(self._application, self._config, shutdown_trigger=self._stopped.wait)
        )

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)

    async def _application(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        service = scope["path"].rpartition("/")[0]
        if service in self._applications:
            await self._applications[service](scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b"404 page not found"})
