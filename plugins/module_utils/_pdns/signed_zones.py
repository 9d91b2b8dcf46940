# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signed zones of a server that is promoted: which of them it can sign itself with the keys that it is given."""

from __future__ import annotations

import typing as t
from functools import cached_property
from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import (
    names,
    public_key,
    signing_database,
    signing_keys,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.client import Client
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.server import Server

BACKEND = "gsqlite3"


class SignedZones:
    """``text`` is what `signing_keys.render` gives, or nothing; ``path`` is the server's own database."""

    def __init__(self, client: Client, text: str | None, path: str) -> None:
        self._client = client
        self._server = Server(client)
        self._known = signing_keys.parse(text) if text else {}
        self._path = Path(path)

    def __contains__(self, zone: str) -> bool:
        return zone in self._known

    @property
    def secrets(self) -> set[str]:
        return signing_keys.secrets(self._known)

    def presigned(self, zone: str) -> bool:
        """Whether the server serves the zone as another one has signed it."""
        listed = self._client.get(f"{_path(zone)}/metadata")
        return any(one["kind"] == "PRESIGNED" and one["metadata"] == ["1"] for one in listed)

    def refusal(self, zone: str) -> str:
        """Why the server cannot sign the zone with what it is given; nothing if it can."""
        if self._wrong_backend:
            return self._wrong_backend
        try:
            served = signing_database.served(self._path, zone)
            return signing_keys.refusal(zone, self._known[zone], served, public_key.dnskey)
        except signing_keys.BadSigningKeys as error:
            return str(error)

    def bring_in(self, zone: str) -> None:
        """Have the server sign it from now on, for which it may be told in the next minute only.

        The keys come first, as they are of no effect while the zone is presigned; the signatures that came with it go
        last (`clean`), as they are served until the server knows. So there is no moment without the one or the other.
        """
        there = self._there(zone)
        for key in self._known[zone].keys:
            if public_key.dnskey(key.flags, key.content) not in there:
                entry = key.flags & 1
                body = {"keytype": "ksk" if entry else "zsk", "active": key.active, "published": key.published}
                # Once: of an answer that was lost the next run knows that the key is there.
                self._client.request("POST", f"{_path(zone)}/cryptokeys", {**body, "content": key.content}, attempts=1)
        self._require_own(zone)
        signing_database.sign_here(self._path, zone, self._known[zone].metadata)

    def settings(self, zone: str) -> dict[str, t.Any]:
        """Have the server know of it, and settings by which 4.7, too, forgets what it remembers of the metadata."""
        self._client.request("PUT", "/cache/flush", query={"domain": zone})
        if not self._has_own(zone):
            return {}
        metadata = signing_database.own(self._path, zone).metadata
        return {
            "nsec3param": next(iter(metadata.get("NSEC3PARAM", ())), ""),
            "nsec3narrow": metadata.get("NSEC3NARROW") == ["1"],
        }

    def clean(self, zone: str) -> None:
        """Remove what is left of the signatures that it came with, once the server knows that it signs it itself."""
        if self._has_own(zone):
            signing_database.clean(self._path, zone, public_key.dnskey)
            self._client.request("PUT", f"{_path(zone)}/rectify")

    def _require_own(self, zone: str) -> None:
        if not self._has_own(zone):
            raise signing_keys.BadSigningKeys(f"{self._path} has not got the keys of {zone} that the server has")

    def _has_own(self, zone: str) -> bool:
        """Whether the database is that of the server, and the zone has keys there, of a kind that is known here."""
        if self._wrong_backend or not self._path.exists():
            return False
        try:
            keys = {public_key.dnskey(key.flags, key.content) for key in signing_database.own(self._path, zone).keys}
        except signing_keys.BadSigningKeys:
            return False
        return bool(keys) and keys == self._there(zone)

    def _there(self, zone: str) -> set[str]:
        return {signing_keys.normal(one["dnskey"]) for one in self._client.get(f"{_path(zone)}/cryptokeys")}

    @cached_property
    def _wrong_backend(self) -> str:
        """Why keys cannot be put into the database, as far as the API tells of it; nothing if they can."""
        backends = self._server.backends
        if backends != [BACKEND]:
            return f"the server's database is no SQLite but {', '.join(backends)}, which takes no keys"
        settings = {one["name"]: one["value"] for one in self._client.get("/config")}
        own = settings.get(f"{BACKEND}-database", "")
        if own and Path(own) != self._path:
            return f"{self._path} is not the database of the server, which is {own}"
        return ""


def _path(zone: str) -> str:
    return f"/zones/{names.zone_id(zone)}"
