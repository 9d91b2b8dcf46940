# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host knows of its site's backups: the object storage, and which data is its own."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import json
import time
import typing as t

from . import asked, catalogue, disk, gate, keys, manifest, peers
from .catalogue import BackupSet
from .errors import BackupError, Unreachable
from .gate import Local, Record
from .keys import Place
from .manifest import Manifest
from .restic import Restic
from .settings import Settings, Storage
from .store import ObjectStore

# For all that are asked, and for what one of them is asked further: together well below what the gate's units wait.
SECONDS = 10.0
MORE_SECONDS = 4.0


class Site:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @functools.cached_property
    def store(self) -> ObjectStore:
        return ObjectStore(self.settings.storage)

    def elsewhere(self) -> Site:
        """The same site as the second object storage has it."""
        if self.settings.second is None:
            raise BackupError("there is no second object storage -> give the role backup one")
        return Site(dataclasses.replace(self.settings, storage=self.settings.second, second=None))

    @functools.cached_property
    def record(self) -> Record:
        found = disk.read_record(self.settings.state)
        if found is None:
            raise BackupError(f"{self.settings.host} does not know yet whose data it has -> run the role backup")
        return found

    def restic(self, lineage: str) -> Restic:
        return Restic(self.settings, lineage)

    def refuse_unreachable(self) -> None:
        """Raise Unreachable within seconds, where whatever follows would try again and again."""
        ObjectStore(self.settings.storage, hurried=True).keys(keys.lineages(self.settings.site))

    def generations(self) -> dict[str, int]:
        return catalogue.generations(self.store.keys(keys.lineages(self.settings.site)))

    def listed(self) -> list[str]:
        return self.store.keys(keys.catalogue(self.settings.site))

    def manifest(self, place: Place) -> manifest.Manifest:
        return manifest.unseal(place.key(), self.store.get(place.key()), *self.settings.passwords)

    def refuse_foreign(self) -> None:
        """No backup into a storage that does not know this data, or knows a later restore of it."""
        self.settle()
        self._catch_up(self.record, self.generations())

    def _refuse(self, answer: gate.Answer) -> None:
        """Raise where the storage knows later data, or does not know these; the former is remembered for the gate."""
        if answer.newer:
            disk.note_refusal(self.settings.state, answer.newer)
        if answer.alarm or not answer.allowed:
            raise BackupError(answer.reason)

    def unconfirmed(self) -> dict[str, set[str]]:
        """What was restored into the site and not compared with the set yet, see catalogue.unconfirmed()."""
        return catalogue.unconfirmed(self.store.keys(keys.lineages(self.settings.site)))

    def refuse_unconfirmed(self, component: str = "") -> None:
        """No host writes before what was restored is known to be what it should be, whichever host restored it."""
        open_ = self.unconfirmed().get(self.record.lineage, set())
        if open_ & {"", component}:
            raise BackupError(
                f"the restore into generation {self.record.generation} is not confirmed: nothing is written before"
                " -> run bootstrap, which compares what runs with the set; with site_recovery_accept_missing=true where"
                " what was restored is lost again"
            )

    def lost_restores(self, hosts: t.Collection[str] = ()) -> list[str]:
        """Components that wait although who has restored them knows nothing of it any more: this host, or one that is
        none of the site's hosts.
        """
        waiting = self.unconfirmed().get(self.record.lineage, set()) - {""}
        marks = {one: keys.unconfirmed(self.settings.site, *self.record, one) for one in sorted(waiting)}
        restored = {one: json.loads(self.store.get(key))["host"] for one, key in marks.items()}
        return [one for one, host in restored.items() if host == self.settings.host or (hosts and host not in hosts)]

    def confirm(self, record: Record, component: str) -> None:
        """Have the hosts write again, once no other component waits."""
        whole, mark = (keys.unconfirmed(self.settings.site, *record, one) for one in ("", component))
        beginning = whole.removesuffix(".json")
        if mark in self.store.keys(beginning):
            self.store.delete(mark)
        # Listed again: of two hosts that confirm at once the later one sees that nothing is left.
        if self.store.keys(beginning) == [whole]:
            self.store.delete(whole)

    def belong(self, lineage: str) -> bool:
        """Say whose data this host has, and begin a lineage nobody has heard of; whether that was news.

        A host that enters a cluster has the generation of the cluster.
        """
        if not keys.LINEAGE.fullmatch(lineage):
            raise BackupError(f"lineage is {lineage!r}, expected an identity of letters, digits and dashes")
        known = disk.read_record(self.settings.state)
        if known is not None and known.lineage != lineage:
            raise BackupError(
                f"this host has data of lineage {lineage}, its backups are of {known.lineage}: the cluster was founded"
                " anew -> run reset on it first, which forgets the old one"
            )
        if known is not None:
            self.settle()
        generations = self.generations()
        if known is not None:
            return self._catch_up(known, generations)
        generation = generations.get(lineage, 0)
        if not generation:
            gate.refuse_second(lineage, self._others(), f"{self.settings.storage.where}/{self.settings.site}")
            self.begin(Record(lineage, 1), "")
            generation = 1
        disk.write_record(self.settings.state, Record(lineage, generation))
        return True

    def _catch_up(self, record: Record, known: t.Mapping[str, int]) -> bool:
        """Refuse what is foreign or of the past, and have a storage know of what it missed; whether it had missed any.

        So does one that comes back after the site was restored from the second one: backups of a generation that it
        does not know would be none to whoever restores. It is told what the second one knows, and nothing else.
        """
        self._refuse(gate.may_start(Local(True), record, known))
        missed = range(known[record.lineage] + 1, record.generation + 1)
        if not missed or self.settings.second is None:
            return False
        elsewhere = self.elsewhere()
        try:
            markers = self._markers(elsewhere, record.lineage, missed)
            if markers is None:
                return False
            waits = elsewhere.unconfirmed().get(record.lineage)
        except Unreachable:
            # That it is down stops no backup; the next one tells.
            return False
        if waits:
            raise BackupError(
                f"generation {record.generation} of {record.lineage} is not compared with its set yet, as the second"
                " object storage says -> restore again with that one as the first"
            )
        for key, content in markers.items():
            if not self.store.put_new(key, content):
                raise BackupError(f"{key} in {self.settings.storage.where} was begun by somebody else just now")
        return True

    def _markers(self, elsewhere: Site, lineage: str, missed: range) -> dict[str, bytes] | None:
        """What another storage says of generations; None when it does not know all of them.

        Raises where what was before them is not the same in both: somebody has restored the site from this one, too.
        """
        last = keys.marker(self.settings.site, lineage, missed.start - 1)
        wanted = [keys.marker(self.settings.site, lineage, one) for one in missed]
        if not {last, *wanted} <= set(elsewhere.store.keys(f"{keys.lineages(self.settings.site)}{lineage}/")):
            return None
        if elsewhere.store.get(last) != self.store.get(last):
            raise BackupError(
                f"generation {missed.start - 1} of {lineage} is not the same in {self.settings.storage.where} and in"
                " the second object storage: the site was restored from both -> take one of them out"
            )
        return {key: elsewhere.store.get(key) for key in wanted}

    def _others(self) -> set[str]:
        """Lineages with sets of what this host backs up."""
        names = {one["name"] for one in self.settings.components}
        return {one.lineage for one in catalogue.sets(self.listed()) if names & one.parts.keys()}

    def begin_restored(self, lineage: str, name: str) -> int:
        """Begin the generation that a restore of the set makes; older data of the lineage start no more."""
        known = self.generations()
        if lineage not in known:
            raise BackupError(f"nobody has begun lineage {lineage} in {self.settings.storage.where}")
        generation = known[lineage] + 1
        self.begin(Record(lineage, generation), name)
        # No host knows of the generation before this is there.
        self.mark_unconfirmed(Record(lineage, generation), "")
        return generation

    def mark_unconfirmed(self, record: Record, component: str) -> None:
        """Have no host write what is restored now, until it is confirmed."""
        content = json.dumps({"host": self.settings.host, "at": now().isoformat()})
        self.store.put(keys.unconfirmed(self.settings.site, *record, component), content.encode())

    def claim(self, name: str) -> tuple[Record, str]:
        """Begin the generation of a server that outlived the others, with or without the object storage.

        Without, settle() makes up for it. A claim that is still open is kept, by its own name.
        """
        record, known = self.record, disk.read_claim(self.settings.state)
        if known:
            return record, known
        self.record = Record(record.lineage, record.generation + 1)
        disk.write_record(self.settings.state, self.record, name)
        return self.record, name

    def settle(self) -> None:
        """Have the object storage know of the generation that this host claims; refuse when somebody else has begun it.

        The hosts of a site make the same claim, and each may be the first.
        """
        claim = disk.read_claim(self.settings.state)
        if not claim:
            return
        record = self.record
        newest = self.generations().get(record.lineage, 0)
        if newest and newest < record.generation:
            self._put_marker(record, claim)
            newest = record.generation
        if newest != record.generation or self._begun_by(self.store, record) != claim:
            self._refuse(gate.may_start(Local(True), superseded(record), {record.lineage: newest} if newest else {}))
        disk.write_record(self.settings.state, record)

    def _begun_by(self, store: ObjectStore, record: Record) -> str:
        key = keys.marker(self.settings.site, record.lineage, record.generation)
        return str(json.loads(store.get(key)).get("restored", ""))

    def begin(self, record: Record, restored: str) -> None:
        """Begin a generation; the repository of its lineage first, so that a marker never stands alone."""
        if not self.store.keys(f"{keys.repository(self.settings.site, record.lineage)}/config"):
            self.restic(record.lineage).create()
        if not self._put_marker(record, restored):
            raise BackupError(f"generation {record.generation} of {record.lineage} was begun by somebody else just now")

    def _put_marker(self, record: Record, restored: str) -> bool:
        """Whether this host was the first."""
        content = json.dumps({"host": self.settings.host, "begun": now().isoformat(), "restored": restored})
        key = keys.marker(self.settings.site, record.lineage, record.generation)
        return self.store.put_new(key, content.encode())

    def may_start(self, local: Local, component: str = gate.K3S) -> gate.Answer:
        """Whether what this host has of a component may start. Who hangs is waited for ten seconds, no more."""
        state, record = self.settings.state, disk.read_record(self.settings.state)
        if not local.data or record is None:
            return gate.may_start(local, record, None, component=component)
        hurried, remote, second, living = self._heard(record.lineage)
        known = [remote] if self.settings.second is None else [remote, second]
        silent = any(record.lineage not in (one or {}) for one in known)
        told = disk.read_refusal(state) if silent else 0
        own = asked.together([lambda: self._own(record, hurried, remote or {})], MORE_SECONDS)[0] or record
        answer = gate.may_start(local, own, remote, second, living, told, component)
        if answer.newer:
            disk.note_refusal(state, answer.newer)
        elif answer.allowed:
            disk.forget_refusal(state)
        return answer

    def _heard(
        self, lineage: str
    ) -> tuple[ObjectStore | None, dict[str, int] | None, dict[str, int] | None, dict[str, int]]:
        """The first storage, the generations that it and the second know, and those that the other servers live in.

        All are asked at once, so that those that hang cost the time of one.
        """
        calls: list[t.Callable[[], t.Any]] = [
            lambda: _hurried(self.settings.storage, self.settings.site),
            lambda: _hurried(self.settings.second, self.settings.site),
            lambda: peers.generations(self.settings.peers, lineage),
        ]
        first, other, living = asked.together(calls, SECONDS)
        hurried, remote = first or (None, None)
        return hurried, remote, (other or (None, None))[1], living or {}

    def _own(self, record: Record, store: ObjectStore | None, remote: t.Mapping[str, int]) -> Record:
        """The record, unless somebody else has begun its generation while the storage was out of reach from here."""
        claim = disk.read_claim(self.settings.state)
        if claim and store and remote.get(record.lineage) == record.generation:
            return record if self._begun_by(store, record) == claim else superseded(record)
        return record

    def beginning(self, data: bool, intent: str, **wanted: t.Any) -> dict[str, t.Any]:
        """What the site begins with, and which set, when it is a restore. Changes nothing."""
        if data:
            return {"action": gate.START}
        action = gate.beginning(data, intent, self.generations(), f"{self.settings.storage.where}/{self.settings.site}")
        if action != gate.RESTORE:
            return {"action": action}
        return {"action": action, **self.choose(**wanted)}

    def choose(
        self, lineage: str = "", name: str = "", level: int = 1, components: t.Sequence[str] = ()
    ) -> dict[str, t.Any]:
        """The set to restore, and what its manifests say; with components, of these alone."""
        known = catalogue.sets(self.listed())
        # What was replaced alone is what nobody wanted any more: the same call again would bring it back.
        replaced = {one.name for one in known if one.name.endswith(keys.BEFORE_RESTORE)}
        left_out: set[str] = replaced if components else set()
        components = components or self.settings.set_components
        # As old as the part that was made first.
        chosen, manifests = max(
            self._newest(known, components, level, lineage, name, left_out),
            key=lambda one: min(str(found["made"]) for found in one[1].values()),
        )
        return {
            "set": chosen.name,
            "lineage": chosen.lineage,
            "generation": chosen.generation,
            "level": chosen.level(components),
            "age": round((now() - keys.made(chosen.name)).total_seconds()),
            "components": {
                one: {"host": m["host"], "bytes": m["bytes"], "facts": m["facts"]} for one, m in manifests.items()
            },
        }

    def _newest(
        self,
        known: t.Sequence[BackupSet],
        components: t.Sequence[str],
        level: int,
        lineage: str,
        name: str,
        left_out: set[str],
    ) -> t.Iterator[tuple[BackupSet, dict[str, Manifest]]]:
        """The newest set that may be restored, with its manifests, and those that may have been made after it.

        A timer's set has its name from the beginning of the interval, and may be made until the end of that.
        """
        interval = datetime.timedelta(seconds=self.settings.interval)
        newest: BackupSet | None = None
        broken: BackupError | None = None
        while True:
            try:
                chosen = catalogue.choose(known, components, level, lineage, name, left_out)
            except BackupError:
                if newest is not None:
                    return
                # Where no manifest can be read, that is the reason.
                if broken is not None:
                    raise broken from None
                raise
            if newest is not None and (
                chosen.generation != newest.generation or keys.made(newest.name) - keys.made(chosen.name) >= interval
            ):
                return
            left_out.add(chosen.name)
            try:
                manifests = {one: self.manifest(chosen.parts[one].place) for one in components}
            except Unreachable:
                raise
            except BackupError as error:
                if name:
                    raise
                broken = error
                continue
            if name or not any(m["suspect"] and not chosen.parts[one].promoted for one, m in manifests.items()):
                newest = newest or chosen
                yield chosen, manifests
            if name:
                return


def _hurried(storage: Storage | None, site: str) -> tuple[ObjectStore | None, dict[str, int] | None]:
    """A storage that is asked for ten seconds at most, and the generations that it knows.

    None where it is silent, or says what nobody can use: the others are heard all the same.
    """
    if storage is None:
        return None, None
    try:
        store = ObjectStore(storage, hurried=True)
        return store, catalogue.generations(store.keys(keys.lineages(site)))
    except BackupError:
        return None, None


def superseded(record: Record) -> Record:
    """Whose data a host has whose claim of a generation came too late."""
    return Record(record.lineage, record.generation - 1)


def now() -> datetime.datetime:
    return datetime.datetime.fromtimestamp(time.time(), datetime.UTC)
