# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An older backup that somebody has chosen, made the newest, since the sidecar restores no other."""

from __future__ import annotations

import typing as t

from .._backup.errors import BackupError
from .._backup.versions import Version
from . import held
from .client import Client
from .sentinels import Manifest


class Outcome(t.NamedTuple):
    """The newest backup before and after, as C(held.told) tells it. In check mode a copy has no version yet."""

    before: dict[str, t.Any] | None
    after: dict[str, t.Any] | None


def act(given: t.Mapping[str, t.Any], client: Client, writes: bool) -> Outcome:
    """given: the options of the module metal_database_backups. Raises where there is no such backup.

    What was counted with a backup, or with the last one before it, is counted with its copy, by which a restore of that
    is compared.
    """
    prefix, version = given["prefix"], given["version"]
    own = client.held(prefix).own
    one = next((each for each in own if each.id == version), None)
    if one is None:
        raise BackupError(
            f"{client.storage.where} has no version {version} below {prefix}/, found"
            f" {', '.join(each.id for each in own[:3]) or 'none'}{' and others' * (len(own) > 3)} -> list them with"
            " metal_database_backups_info"
        )
    newest = own[0]
    before, known = held.told(newest), client.manifest(prefix, one)
    if newest != one and client.copy_of(newest) != version:
        if not writes:
            return Outcome(before, {**(held.told(one) or {}), "version": "", "made": ""})
        newest = _named(client, prefix, client.again(one))
    if writes and known and newest != one:
        _follow(client, prefix, newest, known)
    return Outcome(before, held.told(newest))


def _named(client: Client, prefix: str, version: str) -> Version:
    """The newest backup, which has to be the one of that version."""
    newest = client.held(prefix).own[0]
    if newest.id != version:
        raise BackupError(
            f"version {version} was copied, but {newest.id} of {newest.key} is newer: somebody backs up there -> stop"
            " that one, then run it again"
        )
    return newest


def _follow(client: Client, prefix: str, newest: Version, known: Manifest) -> None:
    after: Manifest = {
        **known, "key": newest.key, "version": newest.id, "bytes": newest.size, "made": newest.modified.isoformat(),
    }  # fmt: skip
    if client.manifest(prefix, newest) != after:
        client.save(prefix, newest, after)
