"""Size reservations: metal-apiserver's pkg/repository/size-reservation.go and size-reservation-validation.go."""

from __future__ import annotations

from typing import Any

import metalstack.admin.v2.size_reservation_connect as admin
import metalstack.admin.v2.size_reservation_pb2 as admin_pb2

from fake.v2.table import Table, copy, invalid


class SizeReservations(Table, admin.SizeReservationService):
    reading = writing = admin_pb2
    service = "SizeReservationService"
    name, one, many = "size reservation", "size_reservation", "size_reservations"
    applications = (admin.SizeReservationServiceASGIApplication,)
    makes_ids = True

    async def list(self, request: Any, ctx: Any) -> Any:
        query = request.query
        found = [one for one in self.rows.values() if not query.partition or query.partition in one.partitions]
        found = [one for one in found if not query.size or query.size == one.size]
        return self._answer(admin_pb2, "List", size_reservations=found)

    def validate_create(self, row: Any) -> None:
        if row.id:
            invalid("id must not be defined")
        self._amount(row.amount)

    def validate_update(self, request: Any, row: Any) -> None:
        if request.HasField("amount"):
            self._amount(request.amount)

    def _amount(self, amount: int) -> None:
        if amount <= 0:
            invalid("amount must be a positive integer")

    def validate_delete(self, row: Any) -> None:
        """Whatever needs it."""

    def change(self, request: Any, row: Any) -> None:
        copy(request, row, "name", "description", "amount", "partitions")

    def of_project(self, name: str) -> list[Any]:
        return [one for one in self.rows.values() if one.project == name]

    def in_partition(self, name: str) -> bool:
        return any(name in one.partitions for one in self.rows.values())
