# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copying every verified set to a second object storage, object by object, each checked on its way.

restic itself copies between two storages only when one account is good for both, and theirs have nothing in common.
What is damaged in the first storage stays there. Which sets that concerns restic alone could tell, so that as long as
there is any, a set is announced in the second storage only after it was restored from there.
"""

from __future__ import annotations

import hashlib
import shutil
import time
import typing as t

from . import catalogue, disk, keys
from .errors import BackupError, Damaged, Unreachable
from .gate import Record
from .keys import Place
from .sets import Sets
from .site import Site

# Of a restic repository; what is named later refers to what is named earlier.
CONTENTS = ("data/", "index/", "snapshots/")
LAYERS = ("keys/", *CONTENTS)


class Copies:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._elsewhere = site.elsewhere()
        self._sets = Sets(site)
        self._first = site.store
        self._second = self._elsewhere.store
        self._where = self._elsewhere.settings.storage.where

    def copy(self) -> dict[str, t.Any]:
        """Bring the verified sets of this host's lineage to the second storage. What is there is never replaced.

        Returns the newest C(set) there, how many C(objects) and C(bytes) were copied, the C(seconds) it took, and what
        was C(left) out, and why. Whenever it is cut off, no manifest there refers to what is missing.
        """
        with disk.alone(self._site.settings.state, name="copy"):
            begun = time.monotonic()
            self._site.refuse_foreign()
            self._site.refuse_unconfirmed()
            record = self._site.record
            # Listed before what they refer to, and written after it.
            sets = [one for one in catalogue.sets(self._site.listed()) if one.lineage == record.lineage]
            parts = [part for one in sets for part in one.parts.values() if part.level > 0]
            there = self._there(record)
            sizes, left = self._put_whole([key for key in self._contents(record) if key not in there])
            sizes += [self._put(key, self._first.get(key)) for key in self._markers(record) if key not in there]
            doubtful, lacking = bool(left), set()
            for part in parts:
                try:
                    if (doubtful or part.damaged) and part.place.key() not in there:
                        self._prove(part.place)
                    sizes += self._part(part, there)
                except Unreachable:
                    raise
                except BackupError as error:
                    left.append(f"set {part.place.set}, {part.place.component}, was not copied: {error}")
                    lacking.add(part.place.set)
            return {
                "set": max({part.place.set for part in parts} - lacking, default=""), "objects": len(sizes),
                "bytes": sum(sizes), "seconds": round(time.monotonic() - begun, 1), "left": left,
            }  # fmt: skip

    def copy_keys(self, lineage: str) -> None:
        """Bring the keys of a repository to its copy, when it is one."""
        record = Record(lineage, 0)
        if self._second.get(self._config(record)) != self._first.get(self._config(record)):
            return
        layer = f"{self._repository(record)}/keys/"
        there = set(self._second.keys(layer))
        for key in self._first.keys(layer):
            if key not in there:
                self._put(key, self._checked(key))

    def copy_repository(self, lineage: str) -> list[str]:
        """Bring what a copy of a repository lacks; what was left out, and why."""
        record = Record(lineage, 0)
        wanted = self._contents(record)
        there = set(self._second.keys(f"{self._repository(record)}/"))
        _sizes, left = self._put_whole([key for key in wanted if key not in there])
        return left

    def _put_whole(self, wanted: t.Iterable[str]) -> tuple[list[int], list[str]]:
        """Copy files of the repository; the sizes of those that are whole, and what is wrong with the others."""
        sizes, left = [], []
        for key in wanted:
            try:
                content = self._checked(key)
            except Damaged as error:
                left.append(str(error))
                continue
            sizes.append(self._put(key, content))
        return sizes, left

    def _prove(self, place: Place) -> None:
        """Restore from the second storage what a manifest of the first one names; raise where something is missing."""
        directory, _manifest, _report = self._sets.fetch(
            place, self._site.settings.state / "copied", catalogue.CHECKSUMS, self._elsewhere
        )
        shutil.rmtree(directory)

    def _there(self, record: Record) -> set[str]:
        """What the second storage has of the site; raises where it is not a copy of the first one."""
        there = set(self._second.keys(f"{self._site.settings.site}/"))
        known = catalogue.generations(there).get(record.lineage, 0)
        if known > record.generation:
            raise BackupError(
                f"the second object storage ({self._where}) has generation {known} of {record.lineage}, this host has"
                f" {record.generation}: the site was restored from there -> make it the first one"
            )
        marker = keys.marker(self._site.settings.site, record.lineage, record.generation)
        for key, what in ((self._config(record), "repository"), (marker, f"generation {record.generation}")):
            if key in there and self._second.get(key) != self._first.get(key):
                raise BackupError(
                    f"the second object storage ({self._where}) has another {what} of {record.lineage} -> name a bucket"
                    " that nothing else writes to"
                )
        return there

    def _repository(self, record: Record) -> str:
        return keys.repository(self._site.settings.site, record.lineage)

    def _config(self, record: Record) -> str:
        return f"{self._repository(record)}/config"

    def _contents(self, record: Record) -> list[str]:
        listed = {layer: self._first.keys(f"{self._repository(record)}/{layer}") for layer in reversed(LAYERS)}
        return [self._config(record), *(key for layer in LAYERS for key in listed[layer])]

    def _checked(self, key: str) -> bytes:
        """A file of the repository, which is whole."""
        content = self._first.get(key)
        if not whole(key, content):
            raise Damaged(
                f"{key} is damaged in {self._site.settings.storage.where} and was not copied -> bring back its version"
                " before (playbook backup with backup_mend, where the second one has it)"
            )
        return content

    def _markers(self, record: Record) -> list[str]:
        """Of generations; what is not confirmed waits in the first storage, where nobody would take it back here."""
        listed = self._first.keys(f"{keys.lineages(self._site.settings.site)}{record.lineage}/")
        return [key for key in listed if keys.parse_marker(key)]

    def _part(self, part: catalogue.Part, there: t.Collection[str]) -> list[int]:
        """The manifest, the record of its best verification, and that it was promoted."""
        sizes = []
        if part.place.key() not in there:
            self._site.manifest(part.place)
            sizes.append(self._put(part.place.key(), self._first.get(part.place.key())))
        verified = part.place.verified(part.level)
        if verified not in there:
            # Another host may have verified it there: that says the same.
            content = self._first.get(verified)
            self._second.put_new(verified, content)
            sizes.append(len(content))
        promoted = part.place.promoted()
        if part.promoted and promoted not in there:
            content = self._first.get(promoted)
            self._second.put_new(promoted, content)
            sizes.append(len(content))
        return sizes

    def _put(self, key: str, content: bytes) -> int:
        """Write unless another host has in the meantime; the size."""
        if not self._second.put_new(key, content):
            raise BackupError(f"{key} in {self._where} is not what it is in {self._site.settings.storage.where}")
        return len(content)


def whole(key: str, content: bytes) -> bool:
    """Whether a file of a repository is what was written: but for the configuration each is named by its checksum."""
    return key.rpartition("/")[2] in ("config", hashlib.sha256(content).hexdigest())
