"""Images: metal-apiserver's pkg/repository/image.go and image-validation.go."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import metalstack.admin.v2.image_connect as admin
import metalstack.admin.v2.image_pb2 as admin_pb2
import metalstack.api.v2.image_connect as api
import metalstack.api.v2.image_pb2 as api_pb2
from connectrpc.code import Code
from connectrpc.errors import ConnectError

from fake.v2.table import Table, copy, invalid

EXPIRES = timedelta(days=90)
VERSION = re.compile(r"v?[0-9]+(\.[0-9]+)?(\.[0-9]+)?(\+[0-9A-Za-z.]+)?")


class Images(Table, admin.ImageService, api.ImageService):
    reading, writing, service = api_pb2, admin_pb2, "ImageService"
    name, one, many = "image", "image", "images"
    applications = (admin.ImageServiceASGIApplication, api.ImageServiceASGIApplication)

    def validate_create(self, row: Any) -> None:
        self._head(row.id, row.url)
        if not row.features:
            invalid("image features must not be empty")
        self._common(row)

    def validate_update(self, request: Any, row: Any) -> None:
        if request.HasField("url"):
            self._head(request.id, request.url)
        self._common(request)

    def _head(self, name: str, url: str) -> None:
        if status := self.world.head(url):
            invalid(f"image:{name} is not accessible under:{url} statuscode:{status}")

    def _common(self, given: Any) -> None:
        _system, hyphen, version = given.id.rpartition("-")
        if not hyphen:
            invalid(f"invalid format for os image, expected <os>-<major>.<minor>[.<patch>]: {given.id}")
        if not VERSION.fullmatch(version):
            invalid("invalid semantic version")
        if given.HasField("expires_at") and given.expires_at.ToDatetime(UTC) < datetime.now(UTC):
            invalid("image expiresAt must be in the future")

    def validate_delete(self, row: Any) -> None:
        if self._machines(row.id):
            raise ConnectError(Code.FAILED_PRECONDITION, "cannot remove image with existing machine allocations")

    def change(self, request: Any, row: Any) -> None:
        copy(request, row, "name", "description", "url", "features", "expires_at")
        row.classification = request.classification or row.classification

    def made(self, row: Any) -> None:
        row.name, row.description = row.name, row.description
        row.classification = row.classification or api_pb2.IMAGE_CLASSIFICATION_PREVIEW
        if not row.HasField("expires_at"):
            row.expires_at.FromDatetime(self.world.now() + EXPIRES)

    async def usage(self, request: Any, ctx: Any) -> Any:
        asked = request.query.id
        return admin_pb2.ImageServiceUsageResponse(
            image_usage=[
                api_pb2.ImageUsage(image=row, used_by=self._machines(row.id))
                for row in self.rows.values()
                if not asked or row.id == asked
            ]
        )

    def _machines(self, name: str) -> list[str]:
        return [one.uuid for one in self.tables["machine"].rows if one.allocation.image.id == name]
