# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts of a server, without its secrets."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import contents, cryptokeys, names, serving
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.client import Client
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.server import Server
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.zone import Zone

ZONE = ("name", "kind", "serial", "notified_serial", "catalog", "masters", "account", "dnssec")


def read(client: Client, gather: t.Sequence[str], zone: str | None, database: Path | None = None) -> dict[str, t.Any]:
    facts = {name: READERS[name](client) for name in gather}
    if database and "zones" in facts:
        held = contents.read(database)
        facts["zones"] = [{**one, "contents": held.get(one["name"])} for one in facts["zones"]]
    if zone:
        facts["zone"] = _zone(client, names.zone_name(zone))
    return {"changed": False, **facts}


def served(
    client: Client, server: str, zones: t.Iterable[str], ask: t.Callable[[str, str], int | None] = serving.serial_of
) -> dict[str, int | None]:
    """Those of the zones that the server has, with the serial that it answers with by DNS at an address.

    After one without an answer no other is asked for: each would be waited for as long.
    """
    here = {zone["name"] for zone in client.get("/zones")}
    found: dict[str, int | None] = {}
    for name in map(names.zone_name, zones):
        if name in here:
            found[name] = None if None in found.values() else ask(server, name)
    return found


def _server(client: Client) -> dict[str, t.Any]:
    server = Server(client)
    return {"version": server.version_text, "backends": server.backends}


def _zones(client: Client) -> list[dict[str, t.Any]]:
    return [_only(ZONE, zone) for zone in client.get("/zones")]


def _tsigkeys(client: Client) -> list[dict[str, t.Any]]:
    return [_only(("id", "algorithm"), key) for key in client.get("/tsigkeys")]


def _autoprimaries(client: Client) -> list[dict[str, t.Any]]:
    return list(client.get("/autoprimaries")) if Server(client).has_autoprimaries else []


def _statistics(client: Client) -> dict[str, t.Any]:
    return {one["name"]: one["value"] for one in client.get("/statistics") if one["type"] == "StatisticItem"}


READERS: dict[str, t.Callable[[Client], t.Any]] = {
    "server": _server,
    "zones": _zones,
    "tsigkeys": _tsigkeys,
    "autoprimaries": _autoprimaries,
    "statistics": _statistics,
}


def _zone(client: Client, name: str) -> dict[str, t.Any]:
    zone = Zone(client, name)
    found = zone.read(records=True)
    if found is None:
        return {}
    return {
        "settings": found.settings,
        "metadata": found.metadata,
        "rrsets": [
            {"name": one.name, "type": one.type, "ttl": one.ttl, "records": list(one.records)}
            for one in found.rrsets.values()
        ],
        "cryptokeys": [cryptokeys.public(key) for key in client.get(f"{zone.path}/cryptokeys")],
    }


def _only(fields: t.Sequence[str], document: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    return {name: document[name] for name in fields if name in document}
