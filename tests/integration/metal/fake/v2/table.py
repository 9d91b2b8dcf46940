"""What all services of objects have in common: metal-apiserver's pkg/repository/store.go and db/generic/storage.go."""

from __future__ import annotations

from typing import Any

from connectrpc.code import Code
from connectrpc.errors import ConnectError
from google.protobuf.message import Message
from metalstack.api.v2 import common_pb2

from fake.world import World


def invalid(problem: str | None) -> None:
    """Validation gives plain errors, which become invalid arguments."""
    if problem:
        raise ConnectError(Code.INVALID_ARGUMENT, problem)


class Table:
    """Objects of one kind. A subclass has the validation and what an update changes.

    ``reading`` and ``writing`` are the modules with the messages, ``service`` is the service's name, ``one`` and
    ``many`` are the names of an object and of a list. ``ref`` is the name of the id in requests, ``key`` in an object.
    """

    reading: Any
    writing: Any
    service: str
    name: str
    one: str
    many: str
    ref = "id"
    key = "id"
    makes_ids = False

    def __init__(self, world: World, tables: dict[str, Any]) -> None:
        self.world = world
        self.tables = tables
        self.rows: dict[str, Any] = {}

    # what a kind has of its own

    def validate_create(self, row: Any) -> None:
        raise NotImplementedError

    def validate_update(self, request: Any, row: Any) -> None:
        raise NotImplementedError

    def validate_delete(self, row: Any) -> None:
        raise NotImplementedError

    def change(self, request: Any, row: Any) -> None:
        raise NotImplementedError

    def created(self, request: Any) -> Any:
        """The object of a request."""
        return getattr(request, self.one)

    def made(self, row: Any) -> None:
        """What the server makes of an object that it is given."""

    # requests

    async def get(self, request: Any, ctx: Any) -> Any:
        return self._answer(self.reading, "Get", **{self.one: self._row(getattr(request, self.ref))})

    async def list(self, request: Any, ctx: Any) -> Any:
        return self._answer(self.reading, "List", **{self.many: list(self.rows.values())})

    async def create(self, request: Any, ctx: Any) -> Any:
        return self._answer(self.writing, "Create", **{self.one: self.new(request)})

    def new(self, request: Any) -> Any:
        """Make the object that is asked for."""
        row = self.created(request)
        self.validate_create(row)
        if self.makes_ids:
            setattr(row, self.key, self.world.new_id())
        name = getattr(row, self.key)
        if name in self.rows:
            raise ConnectError(
                Code.ALREADY_EXISTS, f"cannot create {self.name} in database, entity already exists: {name}"
            )
        return self.put(row)

    async def update(self, request: Any, ctx: Any) -> Any:
        row = self._row(getattr(request, self.ref))
        self.validate_update(request, row)
        client = request.update_meta.locking_strategy != common_pb2.OPTIMISTIC_LOCKING_STRATEGY_SERVER
        if client and request.update_meta.updated_at != row.meta.updated_at:
            raise ConnectError(
                Code.ABORTED,
                f"cannot update {self.name} ({request.id}): the entity was already modified, please retry",
            )
        self.change(request, row)
        if "labels" in request.DESCRIPTOR.fields_by_name and request.HasField("labels"):
            change_labels(request.labels, row.meta)
        self.touch(row)
        return self._answer(self.writing, "Update", **{self.one: row})

    async def delete(self, request: Any, ctx: Any) -> Any:
        row = self._row(getattr(request, self.ref))
        self.validate_delete(row)
        del self.rows[getattr(row, self.key)]
        return self._answer(self.writing, "Delete", **{self.one: row})

    # for tests too

    def put(self, given: Any) -> Any:
        """Keep a new object without validation."""
        row = type(given)()
        row.CopyFrom(given)
        self.made(row)
        row.meta.created_at.FromDatetime(self.world.now())
        row.meta.updated_at.CopyFrom(row.meta.created_at)
        row.meta.generation = 0
        self.rows[getattr(row, self.key)] = row
        return row

    def touch(self, row: Any) -> None:
        """Somebody changed it."""
        row.meta.updated_at.FromDatetime(self.world.now())
        row.meta.generation += 1

    def _row(self, name: str) -> Any:
        if name not in self.rows:
            raise ConnectError(Code.NOT_FOUND, f'no {self.name} with id "{name}" found')
        return self.rows[name]

    def _answer(self, module: Any, method: str, **fields: Any) -> Message:
        return getattr(module, f"{self.service}{method}Response")(**fields)


def change_labels(request: Any, meta: Any) -> None:
    labels = meta.labels.labels
    if request.HasField("replace"):
        labels.clear()
        labels.update(request.replace.labels)
    elif request.HasField("patch"):
        for key in request.patch.remove:
            labels.pop(key, None)
        labels.update(request.patch.update.labels)


def copy(request: Any, row: Any, *names: str) -> None:
    """Optional fields that are there, and repeated ones that are not empty: the wire knows no difference to none."""
    for name in names:
        value = getattr(request, name)
        if isinstance(value, Message) or request.DESCRIPTOR.fields_by_name[name].has_presence:
            if request.HasField(name):
                getattr(row, name).CopyFrom(value) if isinstance(value, Message) else setattr(row, name, value)
        elif len(value):
            getattr(row, name).clear()
            getattr(row, name).extend(value)
