# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sentinels saved and compared, by way of the bucket."""

from __future__ import annotations

import datetime
import typing as t

from .._backup.errors import BackupError
from . import sentinels
from .client import Client
from .sentinels import Manifest

SAVED, COMPARED = "saved", "compared"


class Outcome(t.NamedTuple):
    """before: what is known of the newest good backup; after: what is once it is saved; drops: what became less.

    lost: of that, by name, what has nothing any more.
    """

    before: Manifest | None
    after: Manifest | None
    drops: list[str]
    lost: list[str]


def act(given: t.Mapping[str, t.Any], client: Client, moment: datetime.datetime, writes: bool) -> Outcome:
    """given: the options of the module metal_database_sentinels. Raises where there is nothing to save or compare."""
    prefix, counted = given["prefix"], sentinels.counted(given["tables"], given["lists"])
    counted = counted._replace(passing=given.get("passing") or {})
    one = next((each for each in client.held(prefix).own if given["version"] in ("", each.id)), None)
    if one is None:
        wanted = f"version {given['version']}" if given["version"] else "a backup"
        raise BackupError(f"{client.storage.where} has nothing below {prefix}/, expected {wanted}")
    before = client.manifest(prefix, one)
    if before is None and given["state"] == COMPARED:
        raise BackupError(
            f"{client.storage.where} has no sentinels of {prefix}: nobody has saved what a good database holds -> look"
            " into the database; if all is there, save its sentinels"
        )
    in_use = given["state"] == SAVED
    drops = sentinels.drops(counted, before, given["accept"], in_use) if before else []
    if not (drops or sentinels.tells(before if before and given["state"] == COMPARED else counted)):
        raise BackupError(
            f"nothing was counted in {prefix}, so that an empty database would pass -> count tables or lists that have"
            " something, and save them"
        )
    if given["state"] == COMPARED or drops:
        return Outcome(before, before, drops, sentinels.lost(counted, before, given["accept"]) if before else [])
    if before and before["cluster"] not in ("", given["cluster"]) and not _taken_over(before, given["restored"]):
        raise BackupError(
            f"cluster {before['cluster']} has {prefix} since {before['saved']}, this is"
            f" {given['cluster'] or 'unknown'}: two write the same backups -> stop the one that is not to live;"
            " after a restore say when it was confirmed (restored)"
        )
    after = sentinels.manifest(prefix, one, counted, given["cluster"], moment)
    if before and {**after, "saved": before["saved"]} == before:
        return Outcome(before, before, [], [])
    if writes:
        client.save(prefix, one, after)
    return Outcome(before, after, [], [])


def _taken_over(before: Manifest, restored: str) -> bool:
    """Whether a restore has come after it: what another cluster saves later, it does beside this one."""
    if not restored:
        return False
    try:
        moment = datetime.datetime.fromisoformat(restored)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BackupError(f"restored: expected a time in ISO 8601 with its zone, found {restored!r}")
    return datetime.datetime.fromisoformat(before["saved"]) <= moment
