"""What may still need an object: machines, networks and reservations, which can be listed and no more.

A search for machines is as metal-apiserver of August 2026 has it: it forgets the partition that is asked for
(pkg/service/admin/machine/machine-service.go).
"""

from __future__ import annotations

from typing import Any

import metalstack.admin.v2.machine_connect as machine_connect
import metalstack.admin.v2.machine_pb2 as machine_pb2
import metalstack.admin.v2.network_connect as network_connect
import metalstack.admin.v2.network_pb2 as network_pb2
import metalstack.admin.v2.size_imageconstraint_connect as constraint_connect
import metalstack.admin.v2.size_imageconstraint_pb2 as constraint_pb2
import metalstack.admin.v2.size_reservation_connect as reservation_connect
import metalstack.admin.v2.size_reservation_pb2 as reservation_pb2

from fake.world import World


class Rows:
    """What is listed to members of a project is in `fake.v2.parts`."""

    applications: tuple[Any, ...] = ()

    def __init__(self, world: World, tables: dict[str, Any]) -> None:
        self.rows: list[Any] = []

    def put(self, row: Any) -> None:
        self.rows.append(row)

    def of_project(self, name: str) -> list[Any]:
        return [one for one in self.rows if one.project == name]


class Machines(Rows, machine_connect.MachineService):
    applications = (machine_connect.MachineServiceASGIApplication,)

    async def list(self, request: Any, ctx: Any) -> Any:
        size = request.query.size
        image = request.query.allocation.image
        found = [one for one in self.rows if not size or one.size.id == size]
        found = [one for one in found if not image or one.allocation.image.id == image]
        project = request.query.allocation.project
        found = [one for one in found if not project or one.allocation.project == project]
        return machine_pb2.MachineServiceListResponse(machines=found)

    def in_partition(self, name: str) -> bool:
        return any(one.partition.id == name for one in self.rows)

    def of_project(self, name: str) -> list[Any]:
        return [one for one in self.rows if one.allocation.project == name]


class Networks(Rows, network_connect.NetworkService):
    applications = (network_connect.NetworkServiceASGIApplication,)

    async def list(self, request: Any, ctx: Any) -> Any:
        asked = request.query.partition
        return network_pb2.NetworkServiceListResponse(
            networks=[one for one in self.rows if not asked or one.partition == asked]
        )

    def in_partition(self, name: str) -> bool:
        return any(one.partition == name for one in self.rows)


class IPs(Rows):
    pass


class SizeReservations(Rows, reservation_connect.SizeReservationService):
    applications = (reservation_connect.SizeReservationServiceASGIApplication,)

    async def list(self, request: Any, ctx: Any) -> Any:
        query = request.query
        found = [one for one in self.rows if not query.partition or query.partition in one.partitions]
        return reservation_pb2.SizeReservationServiceListResponse(
            size_reservations=[one for one in found if not query.size or query.size == one.size]
        )

    def in_partition(self, name: str) -> bool:
        return any(name in one.partitions for one in self.rows)


class SizeImageConstraints(Rows, constraint_connect.SizeImageConstraintService):
    applications = (constraint_connect.SizeImageConstraintServiceASGIApplication,)

    async def list(self, request: Any, ctx: Any) -> Any:
        asked = request.query.size
        return constraint_pb2.SizeImageConstraintServiceListResponse(
            size_image_constraints=[one for one in self.rows if not asked or one.size == asked]
        )
