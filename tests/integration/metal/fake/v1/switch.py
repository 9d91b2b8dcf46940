"""Switches: metal-api's switch-service.go. Nobody but metal-core makes one."""

from __future__ import annotations

from typing import Any

from fake.v1 import shapes
from fake.v1.dependents import Rows


class Switches(Rows):
    path = "/v1/switch"
    fields = {  # noqa: RUF012
        "partitionid": "partition.id",
        "rackid": "rack_id",
        "osvendor": "os.vendor",
        "osversion": "os.version",
    }

    def handle(self, method: str, rest: str, query: str, body: Any) -> tuple[int, Any]:
        status, answer = super().handle(method, rest, query, body)
        for one in answer:
            problem = shapes.check("V1SwitchResponse", one)
            assert problem is None, problem
        return status, answer
