# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects of one kind on a server, in the same form whichever API it speaks."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from urllib.parse import quote

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import Conflict, NotFound
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import (
    Document,
    Fields,
    Kind,
    Labels,
    Wire,
    at,
    put,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1, V2

CLIENT_LOCKS = "OPTIMISTIC_LOCKING_STRATEGY_CLIENT"


@dataclass(frozen=True)
class Found:
    """An object as it was read. ``changed`` is the server's own time of its last change, by which updates are locked.

    ``generation`` counts changes; API v1 has none.
    """

    id: str
    fields: Fields
    labels: Labels = field(default_factory=dict)
    changed: str = ""
    created: str = ""
    generation: int | None = None


@dataclass(frozen=True)
class Update:
    """From what was read to what shall be: values of the fields that differ, labels to set, keys of those to remove."""

    before: Found
    fields: Fields
    labels: Labels = field(default_factory=dict)
    unlabelled: tuple[str, ...] = ()

    @property
    def after(self) -> Fields:
        return {**self.before.fields, **self.fields}

    @property
    def labels_after(self) -> Labels:
        return {
            key: value for key, value in {**self.before.labels, **self.labels}.items() if key not in self.unlabelled
        }


class Store(t.Protocol):
    """What the decisions and their execution need of an API."""

    version: str
    client: t.Any

    def objects(self) -> dict[str, Found]:
        """All objects by id."""

    def problems(self, create: t.Sequence[Found], update: t.Sequence[Update]) -> list[str]:
        """What the API's own rules have against these, without sending them."""

    def create(self, wanted: Found) -> Found:
        """Make it; Conflict if it is there."""

    def update(self, update: Update) -> Found:
        """Change it; Conflict if it is not as it was read any more."""

    def delete(self, found: Found) -> None:
        """Remove it; it being gone already is as good."""


class StoreV1:
    """API v1. Its requests carry no time of the last change, so it is read once more just before an update.

    What is left of the race is the server's own: it compares between its read and its write.
    """

    version = V1

    def __init__(self, client: t.Any, kind: Kind) -> None:
        self.client = client
        self._kind = kind
        self._path = kind.v1.path

    def objects(self) -> dict[str, Found]:
        return {one.id: one for one in map(self._found, self.client.read("GET", self._path) or [])}

    def problems(self, create: t.Sequence[Found], update: t.Sequence[Update]) -> list[str]:
        return []  # the description has types and required fields only

    def create(self, wanted: Found) -> Found:
        body = {"id": wanted.id, **self._kind.write(V1, wanted.fields)}
        if wanted.labels:
            self._label(body, wanted.labels)
        return self._found(self.client.call("PUT", self._path, body))

    def update(self, update: Update) -> Found:
        before = update.before
        now = self._found(self.client.read("GET", self._one(before.id)))
        if now.changed != before.changed:
            raise Conflict(f"changed at {now.changed} by somebody else, after it was read")
        names = self._kind.sent(V1, update.fields)
        after = {name: value for name, value in update.after.items() if name in names}
        body = {"id": before.id, **self._kind.write(V1, after)}
        if update.labels or update.unlabelled:
            self._label(body, update.labels_after)
        return self._found(self.client.call("POST", self._path, body))

    def delete(self, found: Found) -> None:
        try:
            self.client.call("DELETE", self._one(found.id))
        except NotFound:
            return

    def _label(self, body: Document, labels: Labels) -> None:
        wire = self._kind.v1.labels
        if isinstance(wire, Wire):
            put(body, wire.path, wire.form.write(labels))

    def _found(self, document: Document) -> Found:
        wire = self._kind.v1.labels
        return Found(
            id=document["id"],
            fields=self._kind.read(V1, document),
            labels=wire.form.read(at(document, wire.path)) if isinstance(wire, Wire) else {},
            changed=document.get("changed") or "",
            created=document.get("created") or "",
        )

    def _one(self, name: str) -> str:
        return f"{self._path}/{quote(name, safe='')}"


class StoreV2:
    """API v2, where an update names the time of the last change that its author has seen."""

    version = V2

    def __init__(self, client: t.Any, kind: Kind) -> None:
        self.client = client
        self._kind = kind

    def objects(self) -> dict[str, Found]:
        answer = self.client.read("api", self._kind.v2.service, "List")
        return {one.id: one for one in map(self._found, answer.get(self._kind.v2.many, []))}

    def problems(self, create: t.Sequence[Found], update: t.Sequence[Update]) -> list[str]:
        requests = [(one.id, "Create", self._creation(one)) for one in create]
        requests += [(one.before.id, "Update", self._change(one)) for one in update]
        return [
            f"{self._kind.name} {name}: {problem}"
            for name, method, request in requests
            for problem in self.client.problems("admin", self._kind.v2.service, method, request)
        ]

    def create(self, wanted: Found) -> Found:
        return self._answer("Create", self._creation(wanted))

    def update(self, update: Update) -> Found:
        return self._answer("Update", self._change(update))

    def delete(self, found: Found) -> None:
        try:
            self._answer("Delete", {"id": found.id})
        except NotFound:
            return

    def _creation(self, wanted: Found) -> Document:
        document = {"id": wanted.id, **self._kind.write(V2, wanted.fields)}
        if wanted.labels:
            put(document, "meta.labels.labels", wanted.labels)
        return {self._kind.v2.one: document}

    def _change(self, update: Update) -> Document:
        names = self._kind.sent(V2, update.fields)
        after = {name: value for name, value in update.after.items() if name in names}
        request = {
            "id": update.before.id,
            "update_meta": {"updated_at": update.before.changed, "locking_strategy": CLIENT_LOCKS},
            **self._kind.write(V2, after),
        }
        if update.labels or update.unlabelled:
            patch = {"update": {"labels": update.labels}, "remove": list(update.unlabelled)}
            request["labels"] = {"patch": patch}
        return request

    def _answer(self, method: str, request: Document) -> Found:
        answer = self.client.call("admin", self._kind.v2.service, method, request)
        return self._found(answer[self._kind.v2.one])

    def _found(self, document: Document) -> Found:
        meta = document.get("meta", {})
        return Found(
            id=document["id"],
            fields=self._kind.read(V2, document),
            labels=dict(at(meta, "labels.labels") or {}),
            changed=meta.get("updated_at", ""),
            created=meta.get("created_at", ""),
            generation=int(meta.get("generation", 0)),
        )
