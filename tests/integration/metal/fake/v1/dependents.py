"""What may still need an object: machines, addresses and constraints, which can be searched and no more."""

from __future__ import annotations

from typing import Any

from fake.v1.table import Refusal, Row, matches
from fake.world import World


class Rows:
    """``fields`` are those of a search, as in `matches`."""

    path: str
    fields: dict[str, str]

    def __init__(self, world: World, tables: dict[str, Any]) -> None:
        self.rows: list[Row] = []

    def handle(self, method: str, rest: str, query: str, body: Any) -> tuple[int, Any]:
        if (method, rest) == ("GET", ""):
            return 200, self.rows
        if (method, rest) != ("POST", "/find"):
            raise Refusal(405, "not of this stand-in")
        return 200, self.search(body)

    def search(self, asked: Row) -> list[Row]:
        return [one for one in self.rows if matches(one, self.fields, asked)]

    def put(self, row: Row) -> None:
        self.rows.append(row)


class Machines(Rows):
    path = "/v1/machine"
    fields = {  # noqa: RUF012
        "partition_id": "partition.id",
        "rackid": "rackid",
        "sizeid": "size.id",
        "allocation_image_id": "allocation.image.id",
        "allocation_project": "allocation.project",
        "allocation_name": "allocation.name",
        "allocation_hostname": "allocation.hostname",
        "network_ids": "allocation.networks.networkid",
    }


class IPs(Rows):
    path = "/v1/ip"
    fields = {"networkid": "networkid", "networkprefix": "networkprefix", "projectid": "projectid"}  # noqa: RUF012


class SizeImageConstraints(Rows):
    path = "/v1/size-image-constraint"
    fields = {}  # noqa: RUF012
