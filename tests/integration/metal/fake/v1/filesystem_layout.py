"""Filesystem layouts: metal-api's filesystem-service.go. It removes one that machines have, and tells no times."""

from __future__ import annotations

from fake.layouts import Layout, Wrong, check_all, validate
from fake.v1.table import Refusal, Row, Table, given

LISTS = ("filesystems", "disks", "raid", "volumegroups", "logicalvolumes")


class FilesystemLayouts(Table):
    path, model, name = "/v1/filesystemlayout", "V1FilesystemLayout", "filesystemlayout"

    def make(self, body: Row) -> Row:
        if body["id"] in self.rows:
            raise Refusal(409, f"filesystemlayout:{body['id']} already exists")
        row = self._whole(body)
        self._validate(row)
        return row

    def change(self, row: Row, body: Row) -> None:
        """It is replaced whole."""
        after = {"created": row["created"], "changed": row["changed"], **self._whole(body)}
        self._validate(after)
        row.clear()
        row |= after

    def _whole(self, body: Row) -> Row:
        return {"name": "", "description": "", **given(body, "id", "name", "description", "constraints", *LISTS)}

    def _validate(self, row: Row) -> None:
        try:
            validate(layout(row))
            check_all({**{name: layout(one) for name, one in self.rows.items()}, row["id"]: layout(row)})
        except Wrong as error:
            raise Refusal(400, str(error)) from error

    def shown(self, row: Row) -> Row:
        # Go writes lists of nothing as null, and there is no time.
        return super().shown(
            {
                name: (None if value == [] else value)
                for name, value in row.items()
                if name not in ("created", "changed")
            }
        )


def layout(row: Row) -> Layout:
    constraints = row.get("constraints") or {}
    return Layout(
        disks=[
            (disk["device"], [(one["number"], one["size"]) for one in disk.get("partitions") or []])
            for disk in row.get("disks") or []
        ],
        raid=[(one["arrayname"], one.get("devices") or []) for one in row.get("raid") or []],
        groups=[(one["name"], one.get("devices") or []) for one in row.get("volumegroups") or []],
        volumes=[
            (one["name"], one["volumegroup"], one["size"], one["lvmtype"]) for one in row.get("logicalvolumes") or []
        ],
        filesystems=[
            (one["device"], one["format"], one.get("createoptions") or []) for one in row.get("filesystems") or []
        ],
        sizes=constraints.get("sizes") or [],
        images=constraints.get("images") or {},
    )
