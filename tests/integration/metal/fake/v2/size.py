"""Sizes: metal-apiserver's pkg/repository/size-validation.go and pkg/db/metal/size.go."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import metalstack.admin.v2.size_connect as admin
import metalstack.admin.v2.size_pb2 as admin_pb2
import metalstack.api.v2.size_connect as api
import metalstack.api.v2.size_pb2 as api_pb2
from connectrpc.code import Code
from connectrpc.errors import ConnectError

from fake.v2.table import Table, copy, invalid

SINGLE = (api_pb2.SIZE_CONSTRAINT_TYPE_MEMORY, api_pb2.SIZE_CONSTRAINT_TYPE_CORES)


class Sizes(Table, admin.SizeService, api.SizeService):
    reading, writing, service = api_pb2, admin_pb2, "SizeService"
    name, one, many = "size", "size", "sizes"
    applications = (admin.SizeServiceASGIApplication, api.SizeServiceASGIApplication)

    def validate_create(self, row: Any) -> None:
        self._validate(row)
        self._apart(row)

    def validate_update(self, request: Any, row: Any) -> None:
        self._validate(request)
        if request.constraints:
            self._apart(request)

    def _validate(self, given: Any) -> None:
        seen: list[int] = []
        for index, one in enumerate(given.constraints):
            if one.type == api_pb2.SIZE_CONSTRAINT_TYPE_UNSPECIFIED:
                invalid(f'given constraint has unknown type "{one.type}"')
            start = f"constraint at index {index} is invalid: "
            if one.max < one.min:
                invalid(f"{start}max is smaller than min")
            if one.type == api_pb2.SIZE_CONSTRAINT_TYPE_GPU and not one.identifier:
                invalid(f"{start}for gpu constraints an identifier is required")
            if one.type == api_pb2.SIZE_CONSTRAINT_TYPE_MEMORY and one.identifier:
                invalid(f"{start}for memory constraints an identifier is not allowed")
            if one.type in SINGLE and one.type in seen:
                invalid(f'{start}type duplicates are not allowed for type "{one.type}"')
            seen.append(one.type)

    def _apart(self, given: Any) -> None:
        for other in self.rows.values():
            if other.id != given.id and overlaps(given.constraints, other.constraints):
                invalid(f"given size {other.id} overlaps with existing sizes")

    def validate_delete(self, row: Any) -> None:
        needed = {
            "machines of this size": [one for one in self.tables["machine"].rows if one.size.id == row.id],
            "size reservations of this size": [
                one for one in self.tables["size_reservation"].rows.values() if one.size == row.id
            ],
            "size image constraints of this size": [
                one for one in self.tables["size_image_constraint"].rows if one.size == row.id
            ],
        }
        for what, users in needed.items():
            if users:
                raise ConnectError(Code.FAILED_PRECONDITION, f"cannot remove size with existing {what}")

    def change(self, request: Any, row: Any) -> None:
        copy(request, row, "name", "description", "constraints")


def overlaps(ours: Any, theirs: Any) -> bool:
    """Without constraints a size overlaps with every other."""
    if not (len(ours) and len(theirs)):
        return True
    mine, other = by_type(ours), by_type(theirs)
    if mine.keys() != other.keys():
        return False
    return all(
        one.identifier == two.identifier and one.min <= two.max and one.max >= two.min
        for kind in mine
        for one in mine[kind]
        for two in other[kind]
    )


def by_type(constraints: Any) -> dict[int, list[Any]]:
    ordered = sorted(constraints, key=lambda one: one.type)
    return {kind: list(group) for kind, group in groupby(ordered, key=lambda one: one.type)}
