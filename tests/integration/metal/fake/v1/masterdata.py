"""Projects and tenants: metal-api's project-service.go and tenant-service.go before masterdata-api, whose objects have
their id and times in `meta`, are replaced whole and count their changes.
"""

from __future__ import annotations

import copy
from typing import Any

from fake.v1.table import Refusal, Row, Table

QUOTAS = ("cluster", "machine", "ip", "project")


class Masterdata(Table):
    kind: str
    stored_fields: tuple[str, ...]

    def handle(self, method: str, rest: str, query: str, body: Any) -> tuple[int, Any]:
        if (method, rest) == ("POST", "/find"):
            self._shape(f"{self.model}FindRequest", body)
        elif method == "PUT":
            self._shape(f"{self.model}CreateRequest", body)
            row = self.make(body)
            if row["meta"]["id"] in self.rows:
                raise Refusal(409, f"an entity of type:{self.name} with the id:{row['meta']['id']} already exists")
            return 201, self.shown(self.put(row))
        elif method == "POST":
            return 200, self._update(body)
        return super().handle(method, rest, query, body)

    def _update(self, body: Row) -> Row:
        self._shape(f"{self.model}UpdateRequest", body)
        meta = body.get("meta")
        if not meta:
            raise Refusal(400, f"{self.name} and {self.name}.meta must be specified")
        there = self._row(meta["id"])
        fault = self.world.fault("in the server's own handler")
        if fault and fault.meanwhile:
            fault.meanwhile()
        if meta.get("version", 0) < there["meta"]["version"]:
            raise Refusal(
                422,
                f"rpc error: code = FailedPrecondition desc = optimistic lock error updating {self.name} with id"
                f" {meta['id']}, existing version {there['meta']['version']} mismatches entity version"
                f" {meta.get('version', 0)}",
            )
        row = self.stored(body)
        row["meta"] |= {"created_time": there["meta"]["created_time"], "version": meta.get("version", 0)}
        self.allowed(row, there)
        self.rows[meta["id"]] = row
        self.touch(row)
        return self.shown(row)

    def allowed(self, row: Row, there: Row) -> None:
        """Refuse what may not change."""

    def make(self, body: Row) -> Row:
        row = self.stored(body)
        row["meta"]["id"] = row["meta"].get("id") or self.world.new_id()
        return row

    def stored(self, body: Row) -> Row:
        """What the API's mapper takes over of a request."""
        row = {name: copy.deepcopy(body[name]) for name in ("meta", *self.stored_fields) if body.get(name) is not None}
        for name in ("quotas", "default_quotas"):
            if name in row:
                row[name] = {key: _quota(row[name][key]) for key in QUOTAS if row[name].get(key) is not None}
        row.setdefault("meta", {})
        return row

    def shown(self, row: Row) -> Row:
        # Go leaves out what is zero or empty.
        return super().shown({**row, "meta": {name: value for name, value in row["meta"].items() if value}})

    def put(self, row: Row) -> Row:
        meta = {"kind": self.kind, "apiversion": "v1", **row.get("meta", {}), "version": 0}
        row = {**row, "meta": {**meta, "created_time": self._time()}}
        self.rows[meta["id"]] = row
        return row

    def touch(self, row: Row) -> None:
        row["meta"] |= {"updated_time": self._time(), "version": row["meta"]["version"] + 1}


def _quota(value: Row) -> Row:
    """Usage is counted, not kept."""
    return {name: number for name, number in value.items() if name == "quota" and number is not None}
