# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may change a zone by DNS UPDATE (RFC 2136), as metadata of zones. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import names

EVERYWHERE = ["0.0.0.0/0", "::/0"]
Zone = dict[str, t.Any]
Keys = t.Mapping[str, t.Mapping[str, t.Any]]


class BadKeys(ValueError):
    """A key for zones that are not given."""


def with_updates(zones: t.Sequence[Zone], keys: Keys) -> list[Zone]:
    """The zones, each with the keys that may update it; one without keys takes no updates. Its own metadata wins."""
    allowed = {name: {names.zone_name(zone) for zone in key.get("zones") or ()} for name, key in keys.items()}
    known = {names.zone_name(zone["zone"]) for zone in zones}
    for name, of_key in allowed.items():
        if unknown := sorted(of_key - known):
            raise BadKeys(f"update key {name} is for {', '.join(unknown)}, which is none of the zones given")
    return [{**zone, "metadata": {**_policy(zone, keys, allowed), **(zone.get("metadata") or {})}} for zone in zones]


def _policy(zone: Zone, keys: Keys, allowed: t.Mapping[str, set[str]]) -> dict[str, list[str]]:
    own = [name for name in keys if names.zone_name(zone["zone"]) in allowed[name]]
    sources = [source for name in own for source in keys[name].get("sources") or EVERYWHERE]
    return {
        "TSIG-ALLOW-DNSUPDATE": [names.zone_name(name).rstrip(".") for name in own],
        "ALLOW-DNSUPDATE-FROM": list(dict.fromkeys(sources)),
        # Without it secondaries learn of an update when they ask next.
        "NOTIFY-DNSUPDATE": ["1"] if own else [],
    }
