# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects of one kind on a server of API v2."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import identity
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import (
    Forbidden,
    NotFound,
    ServerFailed,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Document, Kind, at, put
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V2
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.store import (
    Found,
    Update,
    expect_unchanged,
)

CLIENT_LOCKS = "OPTIMISTIC_LOCKING_STRATEGY_CLIENT"
MOST_PAGES = 1000


class StoreV2:
    """Where an update names the time of the last change that its author has seen."""

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
                return identity.by_id(self._kind, found)
            request = {"query": {"paging": {"page": answer["next_page"]}}}
        raise ServerFailed(f"{api.many}: the server has more than {MOST_PAGES} pages of them, or no end")

    def _creation(self, wanted: Found) -> Document:
        api = self._kind.v2
        document: Document = {} if wanted.unnamed else {api.id: wanted.id}
        document |= self._kind.write(V2, wanted.fields)
        labels = identity.marked(self._kind, wanted, wanted.labels)
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
        if self._kind.forces(update.fields):
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
        name, server_id = identity.of(self._kind, document[api.id], labels)
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
