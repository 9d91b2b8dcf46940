"""Numbers of machines: metal-api's partition-service.go."""

from __future__ import annotations

from typing import Any

from fake import capacity
from fake.v1 import shapes
from fake.v1.table import Refusal, Row
from fake.world import World

JOINED = ("faulty_machines", "other_machines", "used_reservations", "remaining_reservations")


class Capacity:
    path = "/v1/partition/capacity"

    def __init__(self, world: World, tables: dict[str, Any]) -> None:
        self.tables = tables
        self.rows: list[Row] = []

    def handle(self, method: str, rest: str, query: str, body: Any) -> tuple[int, Any]:
        if (method, rest) != ("POST", ""):
            raise Refusal(405, "405: Method Not Allowed")
        names = {"id": "partition", "sizeid": "size", "projectid": "project"}
        asked = {names[name]: value for name, value in body.items()}
        counted = capacity.count(map(_machine, self.tables["machine"].rows), self._reservations(), asked)
        answer = [
            {"id": partition, "servers": [{"size": size, **_written(counts)} for size, counts in sizes.items()]}
            for partition, sizes in counted.items()
        ]
        for one in answer:
            assert shapes.check("V1PartitionCapacity", one) is None
        return 200, answer

    def _reservations(self) -> list[capacity.Reserved]:
        return [
            capacity.Reserved(one["sizeid"], one["partitionids"], one["projectid"], one["amount"])
            for one in self.tables["size_reservation"].rows.values()
        ]


def _machine(row: Row) -> capacity.Counted:
    return capacity.Counted(
        id=row["id"],
        partition=row["partition"]["id"],
        size=row["size"]["id"],
        project=(row.get("allocation") or {}).get("project", ""),
        available=not row["state"]["value"],
        liveliness=row["liveliness"].lower(),
        event=row["events"]["log"][0]["event"].lower().replace(" ", "_"),
    )


def _written(counts: capacity.Counts) -> Row:
    """Some names are written in one, and what is zero or empty is left out."""
    return {(name.replace("_", "") if name in JOINED else name): value for name, value in counts.items() if value}
