"""What may still need an object: machines, networks and reservations, which can be searched and no more."""

from __future__ import annotations

from typing import Any

from fake.v1.table import Refusal, Row
from fake.world import World


class Rows:
    """``fields`` are where a row has what a search asks for, by the search's names; ``project`` is one of them."""

    path: str
    project = "projectid"
    fields: dict[str, str]

    def __init__(self, world: World, tables: dict[str, Any]) -> None:
        self.rows: list[Row] = []

    def handle(self, method: str, rest: str, query: str, body: Any) -> tuple[int, Any]:
        if (method, rest) == ("GET", ""):
            return 200, self.rows
        if (method, rest) != ("POST", "/find"):
            raise Refusal(405, "not of this stand-in")
        return 200, [one for one in self.rows if all(self._is(one, name, value) for name, value in body.items())]

    def _is(self, row: Row, name: str, value: str) -> bool:
        found: Any = row
        for step in self.fields[name].split("."):
            found = (found or {}).get(step)
        return value in found if isinstance(found, list) else bool(value == found)

    def of_project(self, name: str) -> bool:
        return any(self._is(one, self.project, name) for one in self.rows)


class Machines(Rows):
    path = "/v1/machine"
    project = "allocation_project"
    fields = {  # noqa: RUF012
        "partition_id": "partition.id",
        "rackid": "rackid",
        "sizeid": "size.id",
        "allocation_image_id": "allocation.image.id",
        "allocation_project": "allocation.project",
    }


class Networks(Rows):
    path = "/v1/network"
    fields = {"partitionid": "partitionid", "projectid": "projectid"}  # noqa: RUF012


class Addresses(Rows):
    path = "/v1/ip"
    fields = {"projectid": "projectid"}  # noqa: RUF012


class SizeReservations(Rows):
    path = "/v1/size/reservations"
    fields = {"partitionid": "partitionids", "sizeid": "sizeid", "projectid": "projectid"}  # noqa: RUF012


class SizeImageConstraints(Rows):
    path = "/v1/size-image-constraint"
    fields = {}  # noqa: RUF012
