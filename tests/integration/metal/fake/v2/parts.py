"""What is in a project, as its own members may list it."""

from __future__ import annotations

from typing import Any

import metalstack.api.v2.ip_connect as ip_connect
import metalstack.api.v2.ip_pb2 as ip_pb2
import metalstack.api.v2.machine_connect as machine_connect
import metalstack.api.v2.machine_pb2 as machine_pb2
import metalstack.api.v2.network_connect as network_connect
import metalstack.api.v2.network_pb2 as network_pb2
import metalstack.api.v2.size_reservation_connect as reservation_connect
import metalstack.api.v2.size_reservation_pb2 as reservation_pb2

from fake.world import World


class Own:
    """Rows of another table."""

    table: str

    def __init__(self, world: World, tables: dict[str, Any]) -> None:
        self.tables = tables

    @property
    def rows(self) -> Any:
        return self.tables[self.table].rows

    def of(self, request: Any) -> list[Any]:
        rows: list[Any] = self.tables[self.table].of_project(request.project)
        return rows


class OwnMachines(Own, machine_connect.MachineService):
    table = "machine"
    applications = (machine_connect.MachineServiceASGIApplication,)

    async def list(self, request: Any, ctx: Any) -> Any:
        return machine_pb2.MachineServiceListResponse(machines=self.of(request))


class OwnNetworks(Own, network_connect.NetworkService):
    table = "network"
    applications = (network_connect.NetworkServiceASGIApplication,)

    async def list(self, request: Any, ctx: Any) -> Any:
        return network_pb2.NetworkServiceListResponse(networks=self.of(request))


class OwnIPs(Own, ip_connect.IPService):
    table = "ip"
    applications = (ip_connect.IPServiceASGIApplication,)

    async def list(self, request: Any, ctx: Any) -> Any:
        return ip_pb2.IPServiceListResponse(ips=self.of(request))


class OwnSizeReservations(Own, reservation_connect.SizeReservationService):
    table = "size_reservation"
    applications = (reservation_connect.SizeReservationServiceASGIApplication,)

    async def list(self, request: Any, ctx: Any) -> Any:
        return reservation_pb2.SizeReservationServiceListResponse(size_reservations=self.of(request))
