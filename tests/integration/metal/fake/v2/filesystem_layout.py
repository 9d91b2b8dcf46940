"""Filesystem layouts: metal-apiserver's pkg/repository/filesystemlayout.go and filesystemlayout-validation.go.

They have no labels, disks no word whether they are wiped, and names and descriptions of filesystems are not kept.
"""

from __future__ import annotations

from typing import Any

import metalstack.admin.v2.filesystem_connect as admin
import metalstack.admin.v2.filesystem_pb2 as admin_pb2
import metalstack.api.v2.filesystem_connect as api
import metalstack.api.v2.filesystem_pb2 as api_pb2
from connectrpc.code import Code
from connectrpc.errors import ConnectError

from fake.layouts import Layout, Wrong, check_all, validate
from fake.v2.table import Table, copy, invalid

LISTS = ("filesystems", "disks", "raid", "volume_groups", "logical_volumes")
TMPFS = api_pb2.FORMAT_TMPFS


class FilesystemLayouts(Table, admin.FilesystemService, api.FilesystemService):
    reading, writing, service = api_pb2, admin_pb2, "FilesystemService"
    name, one, many = "filesystemlayout", "filesystem_layout", "filesystem_layouts"
    applications = (admin.FilesystemServiceASGIApplication, api.FilesystemServiceASGIApplication)

    def validate_create(self, row: Any) -> None:
        """Whether it clashes with others is not looked at."""
        self._check(row)

    def validate_update(self, request: Any, row: Any) -> None:
        """A layout of no more than the request."""
        self._check(request)
        try:
            check_all({**{name: layout(one) for name, one in self.rows.items()}, request.id: layout(request)})
        except Wrong as error:
            invalid(str(error))

    def _check(self, given: Any) -> None:
        try:
            validate(layout(given))
        except Wrong as error:
            invalid(str(error))

    def validate_delete(self, row: Any) -> None:
        if self.tables["machine"].with_layout(row.id):
            raise ConnectError(
                Code.FAILED_PRECONDITION, "cannot remove filesystemlayout with existing machine allocations"
            )

    def change(self, request: Any, row: Any) -> None:
        copy(request, row, "name", "description", *LISTS, "constraints")

    def made(self, row: Any) -> None:
        row.name, row.description = row.name, row.description
        row.constraints.SetInParent()
        row.meta.ClearField("labels")


def layout(row: Any) -> Layout:
    kinds = {api_pb2.LVM_TYPE_LINEAR: "linear", api_pb2.LVM_TYPE_STRIPED: "striped", api_pb2.LVM_TYPE_RAID1: "raid1"}
    return Layout(
        disks=[(disk.device, [(one.number, one.size) for one in disk.partitions]) for disk in row.disks],
        raid=[(one.array_name, list(one.devices)) for one in row.raid],
        groups=[(one.name, list(one.devices)) for one in row.volume_groups],
        volumes=[(one.name, one.volume_group, one.size, kinds[one.lvm_type]) for one in row.logical_volumes],
        filesystems=[
            (one.device, "tmpfs" if one.format == TMPFS else "other", list(one.create_options))
            for one in row.filesystems
        ],
        sizes=list(row.constraints.sizes),
        images=dict(row.constraints.images),
    )
