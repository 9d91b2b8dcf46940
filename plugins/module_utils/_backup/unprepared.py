# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a site begins with, as a host finds out on which nothing was installed yet."""

from __future__ import annotations

import functools
import json
import typing as t
import uuid
from pathlib import Path

from . import catalogue, gate, keys, manifest, settings
from .k3s import refuse_misfit
from .keys import Place
from .plain_store import PlainStore
from .sets import Sets
from .site import Site

NOWHERE = {"endpoint": "", "region": "", "bucket": "", "path_style": True, "access_key": "", "secret_key": ""}


class Unprepared(Site):
    """A site that is asked only for what is to be restored. It needs no file."""

    def __init__(self, known: settings.Settings, password: str, authority: str) -> None:
        super().__init__(known)
        self._password = password
        self._authority = authority

    @functools.cached_property
    def _plain(self) -> PlainStore:
        return PlainStore(self.settings.storage, self._authority)

    def generations(self) -> dict[str, int]:
        return catalogue.generations(self._plain.keys(keys.lineages(self.settings.site)))

    def listed(self) -> list[str]:
        return self._plain.keys(keys.catalogue(self.settings.site))

    def manifest(self, place: Place) -> manifest.Manifest:
        return manifest.unseal(place.key(), self._plain.get(place.key()), self._password)

    def try_to_write(self) -> None:
        """Raise where the keys only read, and no generation could be begun. What is written is hidden at once."""
        key = f"{self.settings.site}/probe/{uuid.uuid4().hex}"
        self._plain.put(key, b"may a restore begin?")
        self._plain.delete(key)


def site(given: t.Mapping[str, t.Any]) -> Unprepared:
    """The site that the options of the module backup_check describe."""
    storage = dict(given["storage"] or NOWHERE)
    authority = storage.pop("ca", "") or ""
    known = {
        "site": given["site"], "host": "", "storage": {**storage, "ca_file": ""}, "password_file": "",
        "set_components": given["set_components"], "components": given["components"], "level": 0,
        "interval": given["interval"], "state": given["state"], "metrics": "",
    }  # fmt: skip
    return Unprepared(settings.parse(json.dumps(known)), given["password"], authority)


def here(state: Path, components: t.Sequence[t.Mapping[str, t.Any]]) -> Sets:
    """What this host has and was restored here, with no object storage."""
    nowhere: dict[str, t.Any] = {"site": "", "storage": None, "password": "", "set_components": [], "interval": 0}
    return Sets(site({**nowhere, "state": str(state), "components": components}))


def beginning(
    asked: Unprepared, intent: str, token: str, version: str, writes: bool = False, **wanted: t.Any
) -> dict[str, t.Any]:
    """What a site without data begins with; raises where data would be lost, nobody has said it, or it can't be done.

    token and version are those that k3s is to be installed with. writes: whether it may be tried to.
    """
    found = asked.beginning(False, intent, **wanted)
    if found["action"] == gate.RESTORE and "k3s" in found["components"]:
        refuse_misfit(found["components"]["k3s"]["facts"], found["lineage"], token, version)
    if found["action"] == gate.RESTORE and writes:
        asked.try_to_write()
    return found
