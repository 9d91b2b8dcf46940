# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bucket that the sidecars of a stage back up to, asked with the standard library alone."""

from __future__ import annotations

import datetime
import typing as t

from .._backup import offered
from .._backup.plain_store import PlainStore
from .._backup.versions import Version
from . import sentinels
from .held import Held, held
from .sentinels import Manifest


class Client:
    """Every error is BackupError: a bucket that gives no answer is never taken for one that holds nothing."""

    def __init__(self, given: t.Mapping[str, t.Any]) -> None:
        """given: the option C(storage) of the modules."""
        self.storage, authority = offered.storage(given)
        self._store = PlainStore(self.storage, authority)

    def held(self, prefix: str) -> Held:
        """Without a slash behind the prefix, as the sidecar asks, so that what it would mix up is seen."""
        return held(prefix, self._store.versions(prefix))

    def moment(self) -> datetime.datetime:
        """When the bucket has last answered, by its own clock, as the times of the backups are; by ours before."""
        return self._store.moment or datetime.datetime.now(datetime.UTC)

    def complaints(self) -> list[str]:
        """Why the sidecar would not start with this bucket and this account, whatever the data are."""
        found = []
        bucket = self.storage.bucket
        if bucket not in self._store.buckets():
            found.append(
                f"the account is not shown bucket {bucket}: the sidecar tries to create each that it does not see, and"
                " ends where it may not -> create it, and have the account own it or list all buckets"
            )
        elif not self._store.knows_rules():
            found.append(
                f"{self.storage.endpoint} has no lifecycle rules, without which the sidecar does not start -> use"
                " another object storage"
            )
        return found

    def folders(self) -> list[str]:
        return self._store.folders()

    def manifest(self, prefix: str, until: Version | None = None) -> Manifest | None:
        """The newest manifest of a good backup; of those that are not of later backups than that."""
        key = sentinels.last(self._store.keys(sentinels.folder(prefix)), prefix, until)
        return sentinels.read(key, self._store.get(key)) if key else None

    def again(self, one: Version) -> str:
        """Have a backup be the newest of its key; the version of the copy."""
        return self._store.copy(one.key, one.id)

    def copy_of(self, one: Version) -> str:
        """The version that a backup is a copy of; empty where nobody has copied it here."""
        return self._store.copy_of(one.key, one.id)

    def save(self, prefix: str, one: Version, found: Manifest) -> None:
        self._store.put(sentinels.key(prefix, one), sentinels.written(found))
