"""What projects and tenants have in common: metal-apiserver keeps them in tenant-apiserver, so that its own comparison
of times does nothing (`SetChanged` of both) and an id that is not given is made.

What metal-apiserver does is from its pkg/repository, what tenant-apiserver does from masterdata-api, its predecessor.
"""

from __future__ import annotations

from typing import Any

from connectrpc.code import Code
from connectrpc.errors import ConnectError

from fake.v2.table import Table, change_labels, copy


class Masterdata(Table):
    """``flat`` are the fields of a creation."""

    kind: str
    flat: tuple[str, ...]
    makes_ids = True

    def created(self, request: Any) -> Any:
        row = getattr(self.reading, self.kind)()
        for name in self.flat:
            if not request.DESCRIPTOR.fields_by_name[name].has_presence or request.HasField(name):
                setattr(row, name, getattr(request, name))
        if request.labels.labels:
            row.meta.labels.labels.update(request.labels.labels)
        return row

    def validate_create(self, row: Any) -> None:
        """Whatever it is."""

    async def update(self, request: Any, ctx: Any) -> Any:
        row = self._row(getattr(request, self.ref))
        fault = self.world.fault("in the server's own handler")
        if fault:
            raise ConnectError(Code(fault.status), fault.message)
        copy(request, row, *self.flat)
        if request.HasField("labels"):
            change_labels(request.labels, row.meta)
        self.touch(row)
        return self._answer(self.writing, "Update", **{self.one: row})

    def put(self, given: Any) -> Any:
        row = type(given)()
        row.CopyFrom(given)
        row.meta.created_at.FromDatetime(self.world.now())
        self.rows[getattr(row, self.key)] = row
        return row

    def touch(self, row: Any) -> None:
        row.meta.updated_at.FromDatetime(self.world.now())
