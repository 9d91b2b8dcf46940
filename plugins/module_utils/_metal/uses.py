# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""By what an object is still needed, as people read it.

Both servers are asked, not relied upon: metal-api removes a partition with machines. What is asked for is looked
through once more: a metal-apiserver of August 2026 drops the partition from a search for machines.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Document, at, has
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1

SHOWN = 5


@dataclass(frozen=True)
class User:
    """A kind of objects that may need others: what to call one, and where each API has a list of them and the ids."""

    name: str
    path: str
    v1_id: str
    service: str
    many: str
    v2_id: str

    def find(self, client: t.Any, version: str, query: Document) -> list[Document]:
        if version == V1:
            return client.read("POST", f"{self.path}/find", query) or []
        return t.cast(list[Document], client.read("admin", self.service, "List", {"query": query}).get(self.many, []))

    def told(self, version: str, objects: t.Iterable[Document]) -> list[str]:
        return told(self.name, [at(one, self.v1_id if version == V1 else self.v2_id) for one in objects])

    def of(
        self, client: t.Any, version: str, v1: str | tuple[str, str], v2: str | tuple[str, str], value: str
    ) -> list[str]:
        """Those that have the value. ``v1`` and ``v2`` are its name in a search, with the path in an answer if that is
        another one.
        """
        given = v1 if version == V1 else v2
        asked, path = (given, given) if isinstance(given, str) else given
        found = self.find(client, version, {asked: value})
        return self.told(version, [one for one in found if has(one, path, value)])


IPS = User("IP", "/v1/ip", "ipaddress", "ip", "ips", "ip")
MACHINES = User("machine", "/v1/machine", "id", "machine", "machines", "uuid")
NETWORKS = User("network", "/v1/network", "id", "network", "networks", "id")
PROJECTS = User("project", "/v1/project", "meta.id", "project", "projects", "uuid")
SIZE_RESERVATIONS = User(
    "size reservation", "/v1/size/reservations", "id", "size_reservation", "size_reservations", "id"
)


def told(what: str, ids: t.Sequence[str]) -> list[str]:
    """``["2 machines (a, b)"]``, or nothing."""
    if not ids:
        return []
    rest = ", …" if len(ids) > SHOWN else ""
    plural = "" if len(ids) == 1 else "s"
    return [f"{len(ids)} {what}{plural} ({', '.join(sorted(ids)[:SHOWN])}{rest})"]
