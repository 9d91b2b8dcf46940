"""Images: metal-api's image-service.go."""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from typing import Any
from urllib.parse import parse_qs

from fake.v1.table import Refusal, Row, Table, given

EXPIRES = timedelta(days=90)
VERSION = re.compile(r"v?[0-9]+(\.[0-9]+)?(\.[0-9]+)?(\+[0-9A-Za-z.]+)?")


class Images(Table):
    path, model, name = "/v1/image", "V1Image", "image"

    def handle(self, method: str, rest: str, query: str, body: Any) -> tuple[int, Any]:
        status, answer = super().handle(method, rest, query, body)
        if parse_qs(query).get("show-usage") == ["true"]:
            answer = [{**one, "usedby": self._machines(one["id"])} for one in answer]
        return status, answer

    def make(self, body: Row) -> Row:
        if not body["url"]:
            raise Refusal(400, "url should not be empty")
        self._features(body)
        _system, hyphen, version = body["id"].rpartition("-")
        if not hyphen:
            raise Refusal(400, f"invalid format for os image, expected <os>-<major>.<minor>[.<patch>]: {body['id']}")
        if not VERSION.fullmatch(version):
            raise Refusal(400, "invalid semantic version")
        self._classification(body)
        self._head(body["id"], body["url"])
        return {
            "features": [],
            "classification": "preview",
            "expirationDate": (self.world.now() + EXPIRES).astimezone(UTC).isoformat(),
            **given(body, *("id", "name", "description", "url", "features", "classification", "expirationDate")),
        }

    def change(self, row: Row, body: Row) -> None:
        if body.get("url") is not None:
            self._head(body["id"], body["url"])
        self._features(body)
        self._classification(body)
        row |= given(body, "name", "description", "url", "classification", "expirationDate")
        row["features"] = body.get("features") or row["features"]

    def removable(self, row: Row) -> None:
        if machines := self._machines(row["id"]):
            raise Refusal(422, f"image {row['id']} is in use by machines:{machines}")

    def _machines(self, name: str) -> list[str]:
        return [one["id"] for one in self.tables["machine"].rows if one.get("allocation", {}).get("image") == name]

    def _head(self, name: str, url: str) -> None:
        if status := self.world.head(url):
            raise Refusal(400, f"image:{name} is not accessible under:{url} status:{status} Not Found")

    def _features(self, body: Row) -> None:
        for one in body.get("features") or []:
            if one not in ("machine", "firewall"):
                raise Refusal(400, f"unknown ImageFeature:{one}")

    def _classification(self, body: Row) -> None:
        if body.get("classification") not in (None, "preview", "supported", "deprecated"):
            raise Refusal(400, f"given versionclassification is not valid:{body['classification']}")
