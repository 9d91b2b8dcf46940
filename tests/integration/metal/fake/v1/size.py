"""Sizes: metal-api's size-service.go and internal/metal/size.go. It removes one that machines have."""

from __future__ import annotations

from typing import Any

from fake.v1.table import Refusal, Row, Table, given

SINGLE = ("memory", "cores")


class Sizes(Table):
    path, model, name = "/v1/size", "V1Size", "size"

    def make(self, body: Row) -> Row:
        if body["id"] == "unknown":
            raise Refusal(400, 'id cannot be "unknown"')
        row = {"labels": {}, **given(body, "id", "name", "description", "labels", "constraints")}
        self._validate(row)
        return row

    def change(self, row: Row, body: Row) -> None:
        row |= given(body, "name", "description", "labels", "constraints")
        self._validate(row)

    def _validate(self, row: Row) -> None:
        errors = []
        types = []
        for index, one in enumerate(row["constraints"]):
            start = f"constraint at index {index} is invalid: "
            types.append(one["type"])
            if one.get("max", 0) < one.get("min", 0):
                errors.append(f"{start}max is smaller than min")
            if one["type"] == "gpu" and not one.get("identifier"):
                errors.append(f"{start}for gpu constraints an identifier is required")
            if one["type"] == "memory" and one.get("identifier"):
                errors.append(f"{start}for memory constraints an identifier is not allowed")
            if one["type"] in SINGLE and types.count(one["type"]) > 1:
                errors.append(f'{start}type duplicates are not allowed for type "{one["type"]}"')
        if errors:
            raise Refusal(422, f'size "{row["id"]}" is invalid: ' + "\n".join(errors))
        for other in self.rows.values():
            if other["id"] != row["id"] and overlaps(row["constraints"], other["constraints"]):
                raise Refusal(400, f'size "{row["id"]}" overlaps with "{other["id"]}"')

    def removable(self, row: Row) -> None:
        if self.tables["size_reservation"].search({"sizeid": row["id"]}):
            raise Refusal(422, "cannot delete size before all size reservations were removed")

    def shown(self, row: Row) -> Row:
        # Go leaves out what is zero or empty.
        constraints = [{name: value for name, value in one.items() if value} for one in row["constraints"]]
        return super().shown({**row, "constraints": constraints})


def overlaps(ours: list[Any], theirs: list[Any]) -> bool:
    """Without constraints a size overlaps with no other."""
    if not (ours and theirs) or {one["type"] for one in ours} != {one["type"] for one in theirs}:
        return False
    return all(
        one.get("identifier", "") == two.get("identifier", "")
        and one.get("min", 0) <= two.get("max", 0)
        and one.get("max", 0) >= two.get("min", 0)
        for one in ours
        for two in theirs
        if one["type"] == two["type"]
    )
