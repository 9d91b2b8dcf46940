# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects of one kind on a server of API v1."""

from __future__ import annotations

import typing as t
from urllib.parse import quote

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import identity
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import NotFound
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import (
    Document,
    Kind,
    Labels,
    Wire,
    at,
    put,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.store import (
    Found,
    Update,
    expect_unchanged,
)


class StoreV1:
    """Its requests carry no time of the last change, so it is read once more just before an update.

    What is left of the race is the server's own: it compares between its read and its write. An object that is sent
    whole carries the count of its changes, which masterdata-api compares.
    """

    version = V1

    def __init__(self, client: t.Any, kind: Kind) -> None:
        self.client = client
        self._kind = kind
        self._path = kind.v1.path

    def objects(self) -> dict[str, Found]:
        return identity.by_id(self._kind, map(self._found, self.client.read("GET", self._path) or []))

    def problems(self, create: t.Sequence[Found], update: t.Sequence[Update], delete: t.Sequence[Found]) -> list[str]:
        return []  # the description has types and required fields only

    def create(self, wanted: Found) -> Found:
        body = {**self._kind.write(V1, wanted.fields), **self._kind.v1.also(wanted.fields)}
        put(body, self._kind.v1.id, "" if wanted.unnamed else wanted.id)
        labels = identity.marked(self._kind, wanted, wanted.labels)
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
            self._label(body, identity.marked(self._kind, before, update.labels_after))
        force = "?force=true" if self._kind.forces(update.fields) else ""
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
        name, server_id = identity.of(self._kind, at(document, api.id), labels)
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
