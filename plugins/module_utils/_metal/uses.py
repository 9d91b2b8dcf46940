# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""By what an object is still needed, as people read it.

Both servers are asked, not relied upon: metal-api removes a partition with machines. What is asked for is looked
through once more: a metal-apiserver of August 2026 drops the partition from a search for machines.
"""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Document, at
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1

SHOWN = 5


def machines(client: t.Any, version: str, v1: tuple[str, str], v2: str, value: str) -> list[str]:
    """Machines of which the object is a part.

    ``v1`` are the name in a search and the path in an answer, ``v2`` is both: ``("partition_id", "partition.id")``,
    ``"partition"``.
    """
    if version == V1:
        asked, path = v1
        return machines_that(client, version, {asked: value}, lambda one: at(one, path) == value)
    return machines_that(client, version, {v2: value}, lambda one: at(one, f"{v2}.id") == value)


def machines_that(client: t.Any, version: str, query: Document, need: t.Callable[[Document], bool]) -> list[str]:
    """Machines that a search finds and that ``need`` the object indeed."""
    if version == V1:
        listed = client.read("POST", "/v1/machine/find", query) or []
    else:
        listed = client.read("admin", "machine", "List", {"query": query}).get("machines", [])
    return told("machine", [one["id" if version == V1 else "uuid"] for one in listed if need(one)])


def networks(client: t.Any, version: str, v1: str, v2: str, value: str) -> list[str]:
    if version == V1:
        listed = client.read("POST", "/v1/network/find", {v1: value})
        return told("network", [one["id"] for one in listed or [] if one.get(v1) == value])
    listed = client.read("admin", "network", "List", {"query": {v2: value}}).get("networks", [])
    return told("network", [one["id"] for one in listed if one.get(v2) == value])


def size_reservations(client: t.Any, version: str, v1: str, v2: str, value: str) -> list[str]:
    if version == V1:
        listed = client.read("POST", "/v1/size/reservations/find", {v1: value})
    else:
        listed = client.read("admin", "size_reservation", "List", {"query": {v2: value}}).get("size_reservations", [])
    return told("size reservation", [one["id"] for one in listed or []])


def ips(client: t.Any, version: str, v1: str, v2: str, value: str, need: t.Callable[[Document], bool]) -> list[str]:
    """Addresses that a search finds and that ``need`` the object indeed."""
    if version == V1:
        listed = client.read("POST", "/v1/ip/find", {v1: value}) or []
    else:
        listed = client.read("admin", "ip", "List", {"query": {v2: value}}).get("ips", [])
    return told("IP", [one["ipaddress" if version == V1 else "ip"] for one in listed if need(one)])


def told(what: str, ids: t.Sequence[str]) -> list[str]:
    """``["2 machines (a, b)"]``, or nothing."""
    if not ids:
        return []
    rest = ", …" if len(ids) > SHOWN else ""
    plural = "" if len(ids) == 1 else "s"
    return [f"{len(ids)} {what}{plural} ({', '.join(sorted(ids)[:SHOWN])}{rest})"]
