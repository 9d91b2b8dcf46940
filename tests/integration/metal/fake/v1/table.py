"""What all resources have in common: metal-api's internal/service and internal/datastore/rethinkdb.go."""

from __future__ import annotations

import copy
from datetime import UTC
from typing import Any
from urllib.parse import unquote

from fake.v1 import shapes
from fake.world import World

Row = dict[str, Any]


class Refusal(Exception):
    """An error with its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Table:
    """Objects of one kind as they are answered. A subclass has the validation and what an update changes.

    ``model`` begins the names of the description's shapes, such as ``V1Partition``.
    """

    path: str
    model: str
    name: str
    makes_ids = False  # for one that comes without
    fields: dict[str, str] = {}  # noqa: RUF012 - of a search, as in `matches`

    def __init__(self, world: World, tables: dict[str, Any]) -> None:
        self.world = world
        self.tables = tables
        self.rows: dict[str, Row] = {}

    # what a kind has of its own

    def make(self, body: Row) -> Row:
        """The new object of a request, validated."""
        raise NotImplementedError

    def change(self, row: Row, body: Row) -> None:
        """Bring a request's fields into the object, validated."""
        raise NotImplementedError

    def removable(self, row: Row) -> None:
        """Refuse to remove what is in use."""

    conflict_status = 409

    # requests

    def handle(self, method: str, rest: str, query: str, body: Any) -> tuple[int, Any]:
        """``rest`` is what follows the resource's path."""
        name = unquote(rest.strip("/"))
        if (method, name) == ("POST", "find"):
            return 200, [self.shown(one) for one in self.search(body)]
        if method == "GET":
            return 200, self.shown(self._row(name)) if name else [self.shown(one) for one in self.rows.values()]
        if method == "DELETE":
            row = self._row(name)
            self.removable(row)
            del self.rows[name]
            return 200, self.shown(row)
        if method == "PUT":
            self._shape(f"{self.model}CreateRequest", body)
            if not (body["id"] or self.makes_ids):
                raise Refusal(400, "id should not be empty")
            row = self.make({**body, "id": body["id"] or self.world.new_id()})
            if row["id"] in self.rows:
                raise Refusal(409, f"cannot create {self.name} in database, entity already exists: {row['id']}")
            return 201, self.shown(self.put(row))
        self._shape(f"{self.model}UpdateRequest", body)
        row = copy.deepcopy(self._row(body["id"]))
        read = row["changed"]
        self.change(row, body)
        fault = self.world.fault("in the server's own handler")
        if fault and fault.meanwhile:
            fault.meanwhile()
        if self.rows[body["id"]]["changed"] != read:
            raise Refusal(
                self.conflict_status,
                f"cannot update {self.name} ({body['id']}): the entity was changed from another, please retry",
            )
        self.rows[body["id"]] = row
        self.touch(row)
        return 200, self.shown(row)

    def search(self, asked: Row) -> list[Row]:
        return [one for one in self.rows.values() if matches(one, self.fields, asked)]

    def shown(self, row: Row) -> Row:
        problem = shapes.check(f"{self.model}Response", row)
        assert problem is None, problem
        return row

    # for tests too

    def put(self, row: Row) -> Row:
        row = {"name": "", "description": "", **row, "created": self._time()}
        row["changed"] = row["created"]
        self.rows[row["id"]] = row
        return row

    def touch(self, row: Row) -> None:
        """Somebody changed it."""
        row["changed"] = self._time()

    def _row(self, name: str) -> Row:
        if name not in self.rows:
            raise Refusal(404, f"no {self.name} with id {name!r} found")
        return self.rows[name]

    def _shape(self, model: str, body: Any) -> None:
        if problem := shapes.check(model, body):
            raise Refusal(400, problem)

    def _time(self) -> str:
        return self.world.now().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def matches(row: Row, fields: dict[str, str], asked: Row) -> bool:
    """Whether a row has all that a search asks for. ``fields`` are where it has it, by the search's names."""

    def has(path: str, value: Any) -> bool:
        found: Any = row
        for step in path.split("."):
            found = [one.get(step) for one in found] if isinstance(found, list) else (found or {}).get(step)
        wanted = value if isinstance(value, list) else [value]
        return all(one in found for one in wanted) if isinstance(found, list) else [found] == wanted

    return all(has(fields[name], value) for name, value in asked.items() if value is not None)


def given(body: Row, *names: str) -> Row:
    """The fields of a request that are there; null is as good as none."""
    return {name: body[name] for name in names if body.get(name) is not None}
