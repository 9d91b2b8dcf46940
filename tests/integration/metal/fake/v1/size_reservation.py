"""Size reservations: metal-api's size-service.go and internal/metal/size_reservation.go."""

from __future__ import annotations

from fake.v1.table import Refusal, Row, Table, given


class SizeReservations(Table):
    path, model, name = "/v1/size/reservations", "V1SizeReservation", "sizereservation"
    makes_ids = True
    fields = {"partitionid": "partitionids", "sizeid": "sizeid", "projectid": "projectid"}  # noqa: RUF012

    def make(self, body: Row) -> Row:
        names = ("id", "name", "description", "labels", "sizeid", "projectid", "partitionids", "amount")
        row = given(body, *names)
        self._validate(row)
        return row

    def change(self, row: Row, body: Row) -> None:
        row |= given(body, "name", "description", "labels", "amount")
        row["partitionids"] = body.get("partitionids") or row["partitionids"]
        self._validate(row)

    def _validate(self, row: Row) -> None:
        if row["amount"] <= 0:
            raise Refusal(400, "amount must be a positive integer")
        if not row["partitionids"]:
            raise Refusal(400, "at least one partition id must be specified")
        if len(set(row["partitionids"])) != len(row["partitionids"]):
            raise Refusal(400, "partitions must not contain duplicates")

    def put(self, row: Row) -> Row:
        return super().put({"amount": 1, "projectid": "p", **row})

    def shown(self, row: Row) -> Row:
        # Go leaves out labels of which there are none.
        return super().shown({name: value for name, value in row.items() if value or name != "labels"})
