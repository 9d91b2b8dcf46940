"""What may still need an object: machines, addresses and constraints, which can be listed and no more.

A search for machines is as metal-apiserver of August 2026 has it: it forgets the partition that is asked for
(pkg/service/admin/machine/machine-service.go).
"""

from __future__ import annotations

import ipaddress
from typing import Any

import metalstack.admin.v2.ip_connect as ip_connect
import metalstack.admin.v2.ip_pb2 as ip_pb2
import metalstack.admin.v2.machine_connect as machine_connect
import metalstack.admin.v2.machine_pb2 as machine_pb2
import metalstack.admin.v2.size_imageconstraint_connect as constraint_connect
import metalstack.admin.v2.size_imageconstraint_pb2 as constraint_pb2

from fake.world import World


class Rows:
    """What is listed to members of a project is in `fake.v2.parts`."""

    def __init__(self, world: World, tables: dict[str, Any]) -> None:
        self.rows: list[Any] = []

    def put(self, row: Any) -> None:
        self.rows.append(row)

    def of_project(self, name: str) -> list[Any]:
        return [one for one in self.rows if one.project == name]


class Machines(Rows, machine_connect.MachineService):
    applications = (machine_connect.MachineServiceASGIApplication,)

    async def list(self, request: Any, ctx: Any) -> Any:
        size, networks = request.query.size, request.query.network.networks
        image, layout = request.query.allocation.image, request.query.allocation.filesystem_layout
        found = [one for one in self.rows if not size or one.size.id == size]
        found = [one for one in found if not image or one.allocation.image.id == image]
        found = [one for one in found if not layout or one.allocation.filesystem_layout.id == layout]
        found = [one for one in found if all(self._is_in(one, network) for network in networks)]
        project = request.query.allocation.project
        found = [one for one in found if not project or one.allocation.project == project]
        name, hostname = request.query.allocation.name, request.query.allocation.hostname
        found = [one for one in found if not name or one.allocation.name == name]
        found = [one for one in found if not hostname or one.allocation.hostname == hostname]
        return machine_pb2.MachineServiceListResponse(machines=found)

    def in_partition(self, name: str) -> bool:
        return any(one.partition.id == name for one in self.rows)

    def of_project(self, name: str) -> list[Any]:
        return [one for one in self.rows if one.allocation.project == name]

    def in_network(self, name: str) -> bool:
        return any(self._is_in(one, name) for one in self.rows)

    def with_layout(self, name: str) -> bool:
        return any(one.allocation.filesystem_layout.id == name for one in self.rows)

    def _is_in(self, row: Any, network: str) -> bool:
        return any(one.network == network for one in row.allocation.networks)


class IPs(Rows, ip_connect.IPService):
    applications = (ip_connect.IPServiceASGIApplication,)

    async def list(self, request: Any, ctx: Any) -> Any:
        network, prefix = request.query.network, request.query.parent_prefix_cidr
        found = [one for one in self.rows if not network or one.network == network]
        return ip_pb2.IPServiceListResponse(ips=[one for one in found if not prefix or self._inside(one, prefix)])

    def of(self, prefix: str) -> list[Any]:
        return [one for one in self.rows if self._inside(one, prefix)]

    def _inside(self, row: Any, prefix: str) -> bool:
        return ipaddress.ip_address(row.ip) in ipaddress.ip_network(prefix)


class SizeImageConstraints(Rows, constraint_connect.SizeImageConstraintService):
    applications = (constraint_connect.SizeImageConstraintServiceASGIApplication,)

    async def list(self, request: Any, ctx: Any) -> Any:
        asked = request.query.size
        return constraint_pb2.SizeImageConstraintServiceListResponse(
            size_image_constraints=[one for one in self.rows if not asked or one.size == asked]
        )
