"""What projects and tenants have in common: metal-apiserver keeps them in tenant-apiserver, so that its own comparison
of times does nothing (`SetChanged` of both) and an id that is not given is made.

What metal-apiserver does is from its pkg/repository, what tenant-apiserver does from masterdata-api, its predecessor.
"""

from __future__ import annotations

import uuid
from typing import Any

from connectrpc.code import Code
from connectrpc.errors import ConnectError

from fake.v2.table import Table, change_labels, copy


class Masterdata(Table):
    """``ref`` is the name of the id in requests, ``key`` in an object; ``flat`` are the fields of a creation."""

    ref: str
    key: str
    kind: str
    flat: tuple[str, ...]

    async def get(self, request: Any, ctx: Any) -> Any:
        return self._answer(self.reading, "Get", **{self.one: self._row(getattr(request, self.ref))})

    def make(self, row: Any, request: Any) -> None:
        """Of a creation what is not the same in both."""

    def created(self, request: Any) -> Any:
        row = getattr(self.reading, self.kind)()
        setattr(row, self.key, str(uuid.UUID(int=len(self.rows) + 1)))
        for name in self.flat:
            if not request.DESCRIPTOR.fields_by_name[name].has_presence or request.HasField(name):
                setattr(row, name, getattr(request, name))
        if request.labels.labels:
            row.meta.labels.labels.update(request.labels.labels)
        self.make(row, request)
        return self.put(row)

    async def update(self, request: Any, ctx: Any) -> Any:
        row = self._row(getattr(request, self.ref))
        fault = self.world.fault("in the server's own handler")
        if fault:
            raise ConnectError(Code(fault.status), fault.message)
        copy(request, row, *self.flat)
        if request.HasField("labels"):
            change_labels(request.labels, row.meta)
        self.touch(row)
        return self._answer(self.reading, "Update", **{self.one: row})

    async def delete(self, request: Any, ctx: Any) -> Any:
        row = self._row(getattr(request, self.ref))
        self.validate_delete(row)
        del self.rows[getattr(row, self.key)]
        return self._answer(self.reading, "Delete", **{self.one: row})

    def put(self, given: Any) -> Any:
        row = type(given)()
        row.CopyFrom(given)
        row.meta.created_at.FromDatetime(self.world.now())
        self.rows[getattr(row, self.key)] = row
        return row

    def touch(self, row: Any) -> None:
        row.meta.updated_at.FromDatetime(self.world.now())
