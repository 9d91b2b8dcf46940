# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects of one kind on a server, in the same form whichever API it speaks."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from urllib.parse import quote

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import (
    Conflict,
    Forbidden,
    NotFound,
    Refused,
    ServerFailed,
)
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
MOST_PAGES = 1000
# Upstream's own modules keep an object's id there where the server makes one of its own.
IDENTIFIER = "ci.metal-stack.io/id"


@dataclass(frozen=True)
class Found:
    """An object as it was read. ``changed`` is the server's own time of its last change, by which updates are locked.

    ``generation`` counts changes, where an API does. ``unnamed`` is one that is to be made and whose id the server
    makes: until then ``id`` is what to call it by. ``server_id`` is given where a task's id is kept in a label.
    """

    id: str
    fields: Fields
    labels: Labels = field(default_factory=dict)
    changed: str = ""
    created: str = ""
    generation: int | None = None
    unnamed: bool = False
    server_id: str = ""

    @property
    def key(self) -> str:
        """The id by which the server knows it."""
        return self.server_id or self.id


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

    def problems(self, create: t.Sequence[Found], update: t.Sequence[Update], delete: t.Sequence[Found]) -> list[str]:
        """What the API's own rules have against these, without sending them."""

    def create(self, wanted: Found) -> Found:
        """Make it; Conflict if it is there."""

    def update(self, update: Update) -> Found:
        """Change it; Conflict if it is not as it was read any more."""

    def delete(self, found: Found) -> None:
        """Remove it; it being gone already is as good."""


class StoreV1:
    """API v1. Its requests carry no time of the last change, so it is read once more just before an update.

    What is left of the race is the server's own: it compares between its read and its write. An object that is sent
    whole carries the count of its changes, which masterdata-api compares.
    """

    version = V1

    def __init__(self, client: t.Any, kind: Kind) -> None:
        self.client = client
        self._kind = kind
        self._path = kind.v1.path

    def objects(self) -> dict[str, Found]:
        return _by_id(self._kind, map(self._found, self.client.read("GET", self._path) or []))

    def problems(self, create: t.Sequence[Found], update: t.Sequence[Update], delete: t.Sequence[Found]) -> list[str]:
        return []  # the description has types and required fields only

    def create(self, wanted: Found) -> Found:
        body = {**self._kind.write(V1, wanted.fields), **self._kind.v1.also(wanted.fields)}
        put(body, self._kind.v1.id, "" if wanted.unnamed else wanted.id)
        labels = _marked(self._kind, wanted, wanted.labels)
        if labels:
            self._label(body, labels)
        return self._found(self.client.call("PUT", self._path, body))

    def update(self, update: Update) -> Found:
        before = update.before
        document = self._read(before.key)
        expect_unchanged(before, self._found(document))
        names = self._kind.sent(V1, update.fields)
        after = {name: value for name, value in update.after.items() if name in names}
        body = self._kind.write(V1, after, into=document if self._kind.v1.replaced else {"id": before.key})
        if update.labels or update.unlabelled:
            self._label(body, _marked(self._kind, before, update.labels_after))
        force = "?force=true" if _forced(self._kind, update) else ""
        return self._found(self.client.call("POST", f"{self._path}{force}", body))

    def delete(self, found: Found) -> None:
        try:
            self.client.call("DELETE", self._one(found.key))
        except NotFound:
            return

    def _read(self, name: str) -> Document:
        if not self._kind.v1.searched:
            return t.cast(Document, self.client.read("GET", self._one(name)))
        listed = self.client.read("POST", f"{self._path}/find", {"id": name})
        if not listed:
            raise NotFound(f"no {self._kind.name} {name} any more")
        return t.cast(Document, listed[0])

    def _label(self, body: Document, labels: Labels) -> None:
        wire = self._kind.v1.labels
        if isinstance(wire, Wire):
            put(body, wire.path, wire.form.write(labels))

    def _found(self, document: Document) -> Found:
        api, wire = self._kind.v1, self._kind.v1.labels
        labels = wire.form.read(at(document, wire.path)) if isinstance(wire, Wire) else {}
        name, server_id = _identity(self._kind, at(document, api.id), labels)
        created = at(document, api.created) or ""
        return Found(
            id=name,
            fields=self._kind.read(V1, document),
            labels=labels,
            changed=at(document, api.changed) or created,
            created=created,
            generation=int(at(document, api.generation) or 0) if api.generation else None,
            server_id=server_id,
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
        *before, last = self._kind.v2.readers
        for package in before:
            try:
                return self._listed(package)
            except Forbidden:
                continue
        return self._listed(last)

    def problems(self, create: t.Sequence[Found], update: t.Sequence[Update], delete: t.Sequence[Found]) -> list[str]:
        requests = [(one.id, "Create", self._creation(one)) for one in create]
        requests += [(one.before.id, "Update", self._change(one)) for one in update]
        requests += [(one.id, "Delete", self._removal(one)) for one in delete]
        return [
            f"{self._kind.name} {name}: {problem}"
            for name, method, request in requests
            for problem in self.client.problems(self._kind.v2.package(method), self._kind.v2.service, method, request)
        ]

    def create(self, wanted: Found) -> Found:
        return self._answer("Create", self._creation(wanted))

    def update(self, update: Update) -> Found:
        api = self._kind.v2
        if not api.locks:
            answer = self.client.read(api.package("Get"), api.service, "Get", {api.ref: update.before.key})
            expect_unchanged(update.before, self._found(answer[api.one]))
        return self._answer("Update", self._change(update))

    def delete(self, found: Found) -> None:
        try:
            self._answer("Delete", self._removal(found))
        except NotFound:
            return

    def _listed(self, package: str) -> dict[str, Found]:
        """All pages, of the kinds that have some."""
        api = self._kind.v2
        found: list[Found] = []
        request: Document = {}
        for _page in range(MOST_PAGES):
            answer = self.client.read(package, api.service, "List", request)
            found += map(self._found, answer.get(api.many, []))
            if not (answer.get(api.many) and "next_page" in answer):
                return _by_id(self._kind, found)
            request = {"query": {"paging": {"page": answer["next_page"]}}}
        raise ServerFailed(f"{api.many}: the server has more than {MOST_PAGES} pages of them, or no end")

    def _creation(self, wanted: Found) -> Document:
        api = self._kind.v2
        document: Document = {} if wanted.unnamed else {api.id: wanted.id}
        document |= self._kind.write(V2, wanted.fields)
        labels = _marked(self._kind, wanted, wanted.labels)
        if labels:
            put(document, "meta.labels.labels" if api.flat is None else "labels.labels", labels)
        if api.flat is None:
            return {api.one: document}
        return {api.flat.get(name, name): value for name, value in document.items()}

    def _change(self, update: Update) -> Document:
        names = self._kind.sent(V2, update.fields)
        after = {name: value for name, value in update.after.items() if name in names}
        request = {
            self._kind.v2.ref: update.before.key,
            "update_meta": {"updated_at": update.before.changed, "locking_strategy": CLIENT_LOCKS},
            **self._kind.write(V2, after),
        }
        if update.labels or update.unlabelled:
            patch = {"update": {"labels": update.labels}, "remove": list(update.unlabelled)}
            request["labels"] = {"patch": patch}
        if _forced(self._kind, update):
            request["force"] = True
        return request

    def _removal(self, found: Found) -> Document:
        return {self._kind.v2.ref: found.key}

    def _answer(self, method: str, request: Document) -> Found:
        api = self._kind.v2
        return self._found(self.client.call(api.package(method), api.service, method, request)[api.one])

    def _found(self, document: Document) -> Found:
        api, meta = self._kind.v2, document.get("meta", {})
        labels = dict(at(meta, "labels.labels") or {})
        name, server_id = _identity(self._kind, document[api.id], labels)
        created = meta.get("created_at", "")
        return Found(
            id=name,
            fields=self._kind.read(V2, document),
            labels=labels,
            changed=meta.get("updated_at") or created,
            created=created,
            generation=int(meta.get("generation", 0)) if api.locks else None,
            server_id=server_id,
        )


def expect_unchanged(before: Found, now: Found) -> None:
    """By the time of the last change; by all that there is of those that have none."""
    if now.changed != before.changed or (not now.changed and now != before):
        when = f" at {now.changed}" if now.changed else ""
        raise Conflict(f"changed{when} by somebody else, after it was read")


def _by_id(kind: Kind, objects: t.Iterable[Found]) -> dict[str, Found]:
    found: dict[str, Found] = {}
    for one in objects:
        other = found.setdefault(one.id, one)
        if other.key != one.key:
            keys = f"{other.key} and {one.key}"
            raise Refused(f"{kind.name} {one.id}: {keys} have this id (label {IDENTIFIER}): take it from one of them")
    return found


def _identity(kind: Kind, server_id: str, labels: Labels) -> tuple[str, str]:
    """The id of a task, which is taken out of the labels where it is kept there, and then the server's own."""
    if not kind.labelled:
        return server_id, ""
    return labels.pop(IDENTIFIER, server_id), server_id


def _marked(kind: Kind, found: Found, labels: Labels) -> Labels:
    """With the id of a task, for one that has or gets it."""
    return {**labels, IDENTIFIER: found.id} if kind.labelled and found.id != found.server_id else labels


def _forced(kind: Kind, update: Update) -> bool:
    return not update.fields.keys().isdisjoint(kind.forced)
