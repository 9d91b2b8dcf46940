# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing back from the second object storage what is damaged or missing in the first one.

A file of the repository is named by its checksum, and a manifest is sealed, so that it can be told what is damaged, and
that what takes its place is what was there. Nothing is deleted; in a bucket with versions nothing is lost either.
"""

from __future__ import annotations

import typing as t

from . import catalogue, disk, gate, keys, retention
from .copies import LAYERS, whole
from .errors import BackupError, Damaged, Unreachable
from .gate import Local, Record
from .keys import Place
from .manifest import Manifest
from .site import Site

DAMAGED, MISSING = "damaged", "missing"
ROUNDS = 3


class Lacking(t.NamedTuple):
    """An object of the first storage, and what is wrong with it."""

    key: str
    why: str


class Plan(t.NamedTuple):
    """What the second storage has a good copy of, in the order in which it is brought back; what it has none of; and
    whether restic misses something now.
    """

    brought: list[Lacking]
    lost: list[Lacking]
    lacks: bool

    @property
    def helpless(self) -> bool:
        """Whether something is wrong that the second storage is no help with."""
        return bool(self.lost) or (self.lacks and not self.brought)


class Mend:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._elsewhere = site.elsewhere()
        self._first, self._second = site.store, self._elsewhere.store

    def plan(self) -> Plan:
        """Read all that the first storage has of this host's lineage. Changes nothing."""
        record = self._site.record
        self._refuse(record)
        here, there = self._repository(self._first, record), self._repository(self._second, record)
        manifests = self._manifests(record)
        found, lacks = self._contents(record, here, there, manifests)
        good = {one.key: self._good(one.key) for one in (*found, *manifests)}
        brought = [one for one in (*found, *manifests) if good[one.key]]
        return Plan(brought, [one for one in (*found, *manifests) if not good[one.key]], lacks)

    def run(self) -> tuple[list[Lacking], int]:
        """Bring it back; what was, and how many bytes. Raises where the second storage has no good copy either.

        Cut off anywhere, the same call does the rest.
        """
        done: list[Lacking] = []
        size = 0
        with disk.alone(self._site.settings.state, name="copy"):
            # What could not be opened before may show what else is missing.
            for _round in range(ROUNDS):
                planned = self.plan()
                for one in planned.brought:
                    content = self._second.get(one.key)
                    self._refuse_other_than(one.key, content)
                    self._first.put(one.key, content)
                    done.append(one)
                    size += len(content)
                if not planned.brought:
                    break
        self.refuse_helpless(planned, f"{len(done)} objects were" if done else "nothing was")
        return done, size

    def refuse_helpless(self, planned: Plan, done: str = "nothing was") -> None:
        """Raise where the second storage has no good copy either."""
        if planned.helpless:
            named = [f"{one.key} ({one.why})" for one in planned.lost] or ["files that restic needs (missing)"]
            raise BackupError(
                f"{', '.join(named[:5])}{' and more' if len(named) > 5 else ''} in {self._site.settings.storage.where}:"
                f" {self._elsewhere.settings.storage.where} has no good copy either; {done} brought back -> bring back"
                " older versions of it, or use another set"
            )

    def _refuse(self, record: Record) -> None:
        """Nothing is put into a storage that does not know the data, nor out of one that has others."""
        answer = gate.may_start(Local(True), record, self._site.generations())
        if answer.alarm or not answer.allowed:
            raise BackupError(answer.reason)
        self._site.refuse_unconfirmed()
        known = self._elsewhere.generations().get(record.lineage, 0)
        if known > record.generation:
            raise BackupError(
                f"the second object storage ({self._elsewhere.settings.storage.where}) has generation {known} of"
                f" {record.lineage}, this host has {record.generation}: the site was restored from there -> make it the"
                " first one"
            )

    # The repository

    def _path(self, record: Record) -> str:
        return f"{keys.repository(self._site.settings.site, record.lineage)}/"

    def _repository(self, store: t.Any, record: Record) -> dict[str, list[str]]:
        """The keys by layer; what is referred to is listed after what refers to it."""
        return {layer: store.keys(f"{self._path(record)}{layer}") for layer in reversed(("config", *LAYERS))}

    def _contents(
        self, record: Record, here: dict[str, list[str]], there: dict[str, list[str]], manifests: list[Lacking]
    ) -> tuple[list[Lacking], bool]:
        """What is wrong with the repository, first what is needed by what comes later; and whether restic misses it."""
        config = self._config(record, here, there)
        broken = {layer: [key for key in here[layer] if not whole(key, self._first.get(key))] for layer in LAYERS}
        usable = [key for key in here["keys/"] if key not in broken["keys/"]]
        snapshots = self._missing_snapshots(record, here["snapshots/"], there["snapshots/"], manifests)
        lacking = {layer: list[str]() for layer in LAYERS}
        # Where it cannot be opened, nothing can be asked for.
        lacks = bool(config or broken["keys/"] or not usable or snapshots) or self._lacks(record)
        if lacks:
            # More than is needed does no harm, and goes when the first storage is thinned out.
            for layer in ("data/", "index/"):
                lacking[layer] = sorted(set(there[layer]) - set(here[layer]))
        if not usable:
            lacking["keys/"] = sorted(set(there["keys/"]) - set(here["keys/"]))
        lacking["snapshots/"] = snapshots
        found = config
        for layer in LAYERS:
            found += [Lacking(key, DAMAGED) for key in broken[layer]]
            found += [Lacking(key, MISSING) for key in lacking[layer]]
        return found, lacks

    def _config(self, record: Record, here: dict[str, list[str]], there: dict[str, list[str]]) -> list[Lacking]:
        """Of the configuration, which alone has no checksum for a name; raises unless the second is a copy."""
        key = f"{self._path(record)}config"
        where = self._elsewhere.settings.storage.where
        if key not in there["config"]:
            raise BackupError(f"the second object storage ({where}) has no copy of the repository of {record.lineage}")
        had = self._first.get(key) if key in here["config"] else None
        if had == self._second.get(key):
            return []
        # Each key has a salt of its own, so that no other repository has the same file.
        shared = set(here["keys/"]) & set(there["keys/"])
        if (not shared and (here["keys/"] or had is not None)) or (had is not None and self._opens(record)):
            raise BackupError(
                f"the second object storage ({where}) has another repository of {record.lineage}: it is no copy"
            )
        return [Lacking(key, MISSING if had is None else DAMAGED)]

    def _opens(self, record: Record) -> bool:
        try:
            return self._site.restic(record.lineage).opens()
        except Unreachable:
            raise
        except BackupError:
            return False

    def _lacks(self, record: Record) -> bool:
        """Whether restic misses something that its snapshots need. Takes no lock."""
        try:
            self._site.restic(record.lineage).check(lock=False)
        except Damaged:
            return True
        return False

    def _missing_snapshots(
        self, record: Record, here: t.Iterable[str], there: t.Iterable[str], manifests: t.Iterable[Lacking]
    ) -> list[str]:
        """The snapshots of sets, of those that are to come back, too."""
        path = f"{self._path(record)}snapshots/"
        wanted = set()
        for one in catalogue.sets([*self._site.listed(), *(each.key for each in manifests)]):
            for part in one.parts.values():
                if one.lineage == record.lineage:
                    found = self._read(self._site, part.place) or self._read(self._elsewhere, part.place)
                    wanted |= {str(found["snapshot"])} if found else set()
        lacking = [one for one in sorted(wanted) if not any(key.startswith(path + one) for key in here)]
        # Older ones of restic tell the beginning of the identity only.
        return [next((key for key in there if key.startswith(path + one)), path + one) for one in lacking]

    # The catalogue

    def _manifests(self, record: Record) -> list[Lacking]:
        """Manifests that cannot be read, and those that are gone of the last verified sets, which pruning keeps."""
        listed, copied = self._site.listed(), self._elsewhere.listed()
        ours = [one for one in catalogue.sets([*listed, *copied]) if one.lineage == record.lineage]
        gone = retention.lost(listed, ours, self._site.settings.set_components)
        parts = [part for one in ours for part in one.parts.values()]
        there = [part.place for part in parts if part.place.key() in listed]
        found = [Lacking(place.key(), DAMAGED) for place in sorted(there) if not self._read(self._site, place)]
        found += [Lacking(part.place.key(), MISSING) for part in parts if part.place in gone]
        for part in parts:
            if part.place in gone:
                records = {part.place.verified(part.level), part.place.promoted()} & set(copied) - set(listed)
                found += [Lacking(key, MISSING) for key in sorted(records)]
        return found

    @staticmethod
    def _read(site: Site, place: Place) -> Manifest | None:
        """The manifest; None where there is no good one."""
        try:
            found = site.manifest(place)
        except Unreachable:
            raise
        except BackupError:
            return None
        same = (found["lineage"], found["component"], found["set"]) == (place.lineage, place.component, place.set)
        return found if same else None

    # What is brought

    def _good(self, key: str) -> bool:
        """Whether the second storage has it as it was."""
        if key not in self._second.keys(key):
            return False
        try:
            self._refuse_other_than(key, self._second.get(key))
        except Damaged:
            return False
        return True

    def _refuse_other_than(self, key: str, content: bytes) -> None:
        """Raise when this is not what the object was before it was damaged."""
        parsed = keys.parse_part(key)
        if parsed and parsed[1] is None:
            good = self._read(self._elsewhere, parsed[0]) is not None
        elif key.startswith(keys.catalogue(self._site.settings.site)):
            # A record says what it says by its name.
            good = True
        elif key.endswith("/config"):
            good = self._elsewhere.restic(self._site.record.lineage).opens()
        else:
            good = whole(key, content)
        if not good:
            raise Damaged(f"{key} is damaged in {self._elsewhere.settings.storage.where}, too")
