# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Making sets, verifying them, and putting them back."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import time
import typing as t
from pathlib import Path

from . import catalogue, components, disk, keys, manifest
from .component import FILES, OPTIONAL, Component
from .errors import BackupError, Damaged, Missing, Nothing, Unreachable
from .gate import Record
from .keys import Place
from .site import Site, now

COMPARED = 7  # sets that a new one is compared with


class Sets:
    def __init__(self, site: Site) -> None:
        self.site = site
        self.settings = site.settings
        self.state = site.settings.state

    def _component(self, name: str) -> Component:
        return components.make(self.settings.component(name), self.state)

    def _place(self, component: str, name: str, record: Record) -> Place:
        return Place(self.settings.site, component, record.lineage, record.generation, name)

    # Making

    def create(self, name: str, component: str, level: int, accept_drop: bool = False) -> dict[str, t.Any]:
        """This host's component of a set, verified to the level. What another host has made is left alone."""
        with disk.alone(self.state):
            self._refuse_unfinished(component)
            self.site.refuse_foreign()
            self.site.refuse_unconfirmed(component)
            return self._create(self._component(component), name, level, accept_drop)

    def _refuse_unfinished(self, component: str) -> None:
        """One that makes no set complete, such as metrics, keeps nothing but itself from being backed up."""
        for begun in self.restoring():
            if begun["component"] in (component, *self.settings.set_components):
                raise BackupError(
                    f"the restore of {begun['component']} from set {begun['set']} is not confirmed: {component} is not"
                    " backed up before it is -> run bootstrap or restore again"
                )

    def _create(self, component: Component, name: str, level: int, accept_drop: bool) -> dict[str, t.Any]:
        record, listed = self.site.record, self.site.listed()
        place = self._place(component.name, name, record)
        outcome: dict[str, t.Any] = {"component": component.name, "set": name, "made": False}
        if place.key() in listed:
            return {**outcome, "why": "another host has made it"}
        idle = component.idle()
        if idle:
            return {**outcome, "why": idle, "idle": component.name in OPTIONAL}
        begun = time.monotonic()
        before = [] if accept_drop else self._before(place, listed)
        stage = disk.empty(self.state / "stage" / component.name)
        try:
            paths, facts = component.collect(stage, record, name)
            files = disk.contents(stage)
            tags = {"component": component.name, "set": name, "generation": str(record.generation)}
            summary = self.site.restic(record.lineage).backup([".", *paths], stage, tags)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
        size = int(summary["total_bytes_processed"])
        if FILES in facts["counts"]:
            facts["counts"][FILES] = int(summary["total_files_processed"])
        held, known = {**facts["counts"], "bytes": size}, [manifest.counts(one) for one in before]
        found: manifest.Manifest = {
            **place._asdict(), "host": self.settings.host, "made": now().isoformat(), "files": files, "facts": facts,
            "snapshot": summary["snapshot_id"], "bytes": size, "added": int(summary["data_added"]),
            "suspect": [
                *manifest.older(facts, before, record.generation),
                *manifest.drops(held, known, facts.get("unlisted", ())),
            ],
            "accepts_drop": accept_drop,
            "seconds": round(time.monotonic() - begun, 1),
        }  # fmt: skip
        sealed = manifest.seal(found, self.settings.password, self.settings.next_password)
        if not self.site.store.put_new(place.key(), sealed):
            return {**outcome, "why": "another host has made it in the meantime"}
        reached = self._verify(place, level) if level > 0 else {"level": level}
        told = {one: found[one] for one in ("bytes", "added", "suspect", "host")}
        return {**outcome, **told, "made": True, **reached, "seconds": round(time.monotonic() - begun, 1)}

    def _before(self, place: Place, listed: list[str]) -> list[manifest.Manifest]:
        """The manifests of the last good sets, newest first, which are neither suspect themselves nor broken.

        They were listed before anything is read of what is backed up now.
        """
        good: list[manifest.Manifest] = []
        for one in reversed(catalogue.sets(listed)):
            if len(good) == COMPARED:
                break
            if one.lineage != place.lineage or place.component not in one.parts:
                continue
            try:
                found = self.site.manifest(one.parts[place.component].place)
            except Unreachable:
                raise
            except BackupError:
                continue
            promoted = one.parts[place.component].promoted
            if not found["suspect"] or promoted:
                good.append(found)
                # Somebody knows why it holds less than those before, which are no measure any more.
                if found.get("accepts_drop") or promoted:
                    break
        return good

    # Accepting

    def promotable(self, name: str) -> list[catalogue.Part]:
        """The suspect parts of a set of this host's lineage, whichever hosts have made them."""
        known = [one for one in catalogue.sets(self.site.listed()) if one.lineage == self.site.record.lineage]
        named = [one for one in known if one.name == name]
        if not named:
            newest = ", ".join(one.name for one in known[-3:]) or "none at all"
            raise BackupError(f"lineage {self.site.record.lineage} has no set {name}; the newest are {newest}")
        parts = [part for one in named for part in one.parts.values() if not part.promoted]
        return [part for part in parts if self.site.manifest(part.place)["suspect"]]

    def promote(self, name: str) -> list[dict[str, t.Any]]:
        """Have a set count as good, because it is known why it holds so much less than those before."""
        outcomes = []
        self.site.refuse_unconfirmed()
        for part in self.promotable(name):
            suspect = self.site.manifest(part.place)["suspect"]
            content = {"host": self.settings.host, "at": now().isoformat(), "suspect": suspect}
            self.site.store.put(part.place.promoted(), json.dumps(content, sort_keys=True).encode())
            outcomes.append({"component": part.place.component, "set": name, "accepted": suspect})
        return outcomes

    # Verifying

    def verify(self, level: int, name: str, component: str, again: bool = False) -> dict[str, t.Any]:
        """A component of a set, of the newest when none is named, brought to the level.

        again reads it in any case: what was whole yesterday may have been damaged since. It takes what can be reached
        here; who asks for a level by name gets it, or an error.
        """
        with disk.alone(self.state):
            record = self.site.record
            known = [one for one in catalogue.sets(self.site.listed()) if one.lineage == record.lineage]
            having = [one for one in known if component in one.parts and name in ("", one.name)]
            if not having:
                none = component in OPTIONAL and not name and self._component(component).idle()
                error = Nothing if none else BackupError
                raise error(f"lineage {record.lineage} has no set {name} with {component}")
            part = having[-1].parts[component]
            due, begun = again or part.damaged or part.level < level, time.monotonic()
            reached: dict[str, t.Any] = {"level": level}
            if due:
                self.site.refuse_unconfirmed(component)
                reached = self._verify(part.place, level)
                if "lacking" in reached and not again:
                    raise BackupError(f"level {level} was not reached, only {reached['level']}: {reached['lacking']}")
            seconds = round(time.monotonic() - begun, 1)
            return {"component": component, "set": part.place.set, **reached, "verified": due, "seconds": seconds}

    def rehearse(self, component: str, within: float) -> dict[str, t.Any]:
        """The newest set restored beside what runs (level 3), unless one of the last C(within) seconds was already."""
        since = now() - datetime.timedelta(seconds=within)
        for one in catalogue.sets(self.site.listed()):
            part = one.parts.get(component)
            if (
                part
                and part.level >= catalogue.REHEARSED
                and not part.damaged
                and one.lineage == self.site.record.lineage
                and keys.made(one.name) > since
            ):
                return {"component": component, "set": one.name, "level": part.level, "verified": False}
        return self.verify(catalogue.REHEARSED, "", component, again=True)

    def _verify(self, place: Place, level: int) -> dict[str, t.Any]:
        """Read it, and record how deep: C(level), and what was C(lacking) where that is less."""
        begun = time.monotonic()
        try:
            directory, _manifest, report = self.fetch(place, self.state / "scratch", level)
        except Damaged as error:
            self._mark(place, error)
            raise
        shutil.rmtree(directory)
        reached: dict[str, t.Any] = {"level": level}
        reached |= {one: report.pop(one) for one in ("level", "lacking") if one in report}
        content = {
            **reached, "at": now().isoformat(), "host": self.settings.host, "report": report,
            "seconds": round(time.monotonic() - begun, 1),
        }  # fmt: skip
        self.site.store.put(place.verified(reached["level"]), json.dumps(content, sort_keys=True).encode())
        # Who has looked less closely knows nothing of what was found then.
        if 0 <= self.damage(place) <= reached["level"]:
            self.site.store.delete(place.damaged())
        return reached

    def _mark(self, place: Place, error: Damaged) -> None:
        """Have whoever restores know of it, also when this host is lost."""
        found = max(error.level, self.damage(place))
        content = {"level": found, "at": now().isoformat(), "host": self.settings.host, "error": str(error)}
        try:
            self.site.store.put(place.damaged(), json.dumps(content, sort_keys=True).encode())
        except BackupError as reason:
            raise Damaged(f"{error}; that could not be written down: {reason}") from error

    def marked(self) -> list[Place]:
        """What of this host's components and lineage is known to be damaged, oldest first."""
        ours = {one["name"] for one in self.settings.components}
        known = [one for one in catalogue.sets(self.site.listed()) if one.lineage == self.site.record.lineage]
        return [part.place for one in known for name, part in one.parts.items() if part.damaged and name in ours]

    def damage(self, place: Place) -> int:
        """The level at which a part was found to be damaged; -1 when it was not."""
        if place.damaged() not in self.site.store.keys(place.damaged()):
            return -1
        try:
            return int(json.loads(self.site.store.get(place.damaged()))["level"])
        except (ValueError, KeyError, TypeError):
            return catalogue.CHECKSUMS

    def fetch(
        self, place: Place, below: Path, level: int, source: Site | None = None, reuse: bool = False
    ) -> tuple[Path, manifest.Manifest, dict[str, t.Any]]:
        """The contents of a part in a directory of its own, which is there whole and checked, or not at all.

        source is where they are read from, when that is not where the manifest lies. With reuse nothing is read again
        that an earlier call has left whole of the same part.
        """
        found = self.site.manifest(place)
        if (found["lineage"], found["component"], found["set"]) != (place.lineage, place.component, place.set):
            raise Damaged(f"{place.key()} holds the manifest of another part -> use another set")
        target = below / place.component
        if reuse and _holds(target, place, found) and not _wrong(found, target):
            return target, found, self._component(place.component).check(target, found["facts"], level)
        partial = disk.empty(below / f"{place.component}.partial")
        _remove(target)
        try:
            (source or self.site).restic(place.lineage).restore(found["snapshot"], partial)
            if wrong := _wrong(found, partial):
                raise Damaged(
                    f"set {place.set}, {place.component}: {', '.join(wrong[:5])} is not what was backed up"
                    " -> use another set"
                )
            try:
                report = self._component(place.component).check(partial, found["facts"], level)
            except Damaged as error:
                error.level = level
                raise
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        if reuse:
            disk.write(_beside(target), json.dumps(_identity(place, found)))
        os.rename(partial, target)
        return target, found, report

    def fetch_alone(
        self, component: str, lineage: str, generation: int, name: str, directory: Path
    ) -> dict[str, t.Any]:
        """A component of a set, whole and opened, for whoever wants to look at it; what runs here is not touched.

        The directory must not be there; it is for root alone, and gone when this fails.
        """
        with disk.alone(self.state):
            place = Place(self.settings.site, component, lineage, generation, name)
            try:
                directory.mkdir(mode=0o700, parents=True)
            except FileExistsError:
                raise BackupError(f"{directory} is there already -> remove it first") from None
            try:
                _contents, found, _report = self.fetch(place, directory, catalogue.OPENS)
            except BaseException:
                shutil.rmtree(directory, ignore_errors=True)
                raise
            return {"component": component, "set": name, "bytes": found["bytes"]}

    # Putting back

    def fetch_ahead(self, component: str, lineage: str, generation: int, name: str) -> dict[str, t.Any]:
        """What restore() will put back, whole and opened, before anything is begun for it."""
        with disk.alone(self.state):
            place = Place(self.settings.site, component, lineage, generation, name)
            try:
                _contents, found, _report = self.fetch(place, self.state / "restore", catalogue.OPENS, reuse=True)
            except Damaged as error:
                # Whoever tries again without naming a set, as a CI does, gets the newest that is whole.
                if not self.site.unconfirmed().get(lineage, set()) & {"", component}:
                    self._mark(place, error)
                raise
            return {"component": component, "set": name, "bytes": found["bytes"]}

    def restore(self, component: str, lineage: str, generation: int, name: str, into: int) -> dict[str, t.Any]:
        """Replace this host's data of a component by that of a set; interrupted, the same call starts over.

        generation is that of the set, into the one that the restore has begun. Nothing is backed up before confirm().
        """
        with disk.alone(self.state):
            begun = time.monotonic()
            place = Place(self.settings.site, component, lineage, generation, name)
            directory, found, _report = self.fetch(place, self.state / "restore", 1, reuse=True)
            self._component(component).fits(found["facts"], Record(lineage, into))
            self._component(component).ready()
            marker = self._marker(component)
            restoring = {**place._asdict(), "into": into, "begun": now().timestamp()}
            self.site.mark_unconfirmed(Record(lineage, into), component)
            disk.write(marker, json.dumps({**restoring, "done": False}))
            self._component(component).restore(directory, found["facts"], Record(lineage, into))
            # A record that is right may carry a claim.
            if disk.read_record(self.state) != Record(lineage, into):
                disk.write_record(self.state, Record(lineage, into))
            disk.write(marker, json.dumps({**restoring, "done": True}))
            # Whoever has asked for it: another set would take its place.
            (self.state / f"{disk.DUE}{component}").unlink(missing_ok=True)
            seconds = round(time.monotonic() - begun, 1)
            return {"component": component, "set": name, "bytes": found["bytes"], "seconds": seconds}

    def _marker(self, component: str) -> Path:
        return self.state / f"restoring-{component}.json"

    def holding(self) -> dict[str, bool]:
        """Whether this host has data, by component; what an unfinished restore has left does not count."""
        partial = {begun["component"] for begun in self.restoring() if not begun["done"]}
        names = [one["name"] for one in self.settings.components]
        return {name: name not in partial and self._component(name).holds() for name in names}

    def acts(self, component: str) -> bool:
        """Whether this host has data of a component that nobody else tells it: a secondary of the DNS has none."""
        return self._component(component).holds() and not self._component(component).idle()

    def restoring(self) -> list[dict[str, t.Any]]:
        """Restores on this host that were begun and not confirmed; C(done) once the data are in place."""
        return [disk.read_json(path) for path in sorted(self.state.glob("restoring-*.json"))]

    def due(self) -> list[str]:
        """Components of this host that are to come back once the site itself has."""
        return sorted(path.name.removeprefix(disk.DUE) for path in self.state.glob(f"{disk.DUE}*"))

    def fits(self, chosen: dict[str, t.Any]) -> None:
        """Raise when this host could not use its components of a set that was chosen."""
        record = Record(chosen["lineage"], chosen["generation"])
        for one in self.settings.components:
            if one["name"] in chosen["components"]:
                self._component(one["name"]).fits(chosen["components"][one["name"]]["facts"], record)

    def confirm(
        self, accept_missing: bool = False, hosts: t.Collection[str] = (), components: t.Collection[str] = ()
    ) -> list[dict[str, t.Any]]:
        """Compare what runs now with the sets that were restored here; backups go on when nothing is missing.

        accept_missing says that somebody knows of what is, and excuses nothing else; hosts are those of the site, where
        they are known; components, where any are named, are the only ones to be compared. What is half in place is left
        to be restored again, unless the site itself waits for it. Nothing waits for what makes no set complete: one of
        these that was not named and cannot be confirmed stays so, and its outcome has C(error).
        """
        if not self.restoring():
            return self._accept_lost(hosts) if accept_missing else []
        with disk.alone(self.state):
            outcomes = []
            ours = self.settings.set_components
            # First what the site waits for.
            for begun in sorted(self.restoring(), key=lambda one: one["component"] not in ours):
                name = begun["component"]
                if (components and name not in components) or not (begun["done"] or name in ours):
                    continue
                try:
                    outcomes.append(self._confirm(begun, accept_missing))
                except BackupError as error:
                    if name in ours or name in components:
                        raise
                    outcomes.append({"component": name, "set": begun["set"], "error": str(error)})
            return outcomes

    def _confirm(self, begun: dict[str, t.Any], accept_missing: bool) -> dict[str, t.Any]:
        place = Place(*(begun[field] for field in Place._fields))
        directory = self.state / "restore" / place.component
        found = self.site.manifest(place)
        if not _holds(directory, place, found):
            self.fetch(place, directory.parent, catalogue.CHECKSUMS, reuse=True)
        record = Record(place.lineage, begun["into"])
        try:
            since = float(begun.get("begun", 0))
            report = self._component(place.component).confirm(directory, found["facts"], record, since)
        except Missing as error:
            if not accept_missing:
                raise
            report = {"accepted": str(error)}
        self._component(place.component).settle()
        # First where the others see it: cut off here, this host compares once more.
        self.site.confirm(record, place.component)
        self._marker(place.component).unlink()
        _remove(directory)
        return {"component": place.component, "set": place.set, "at": now().isoformat(), "report": report}

    def _accept_lost(self, hosts: t.Collection[str]) -> list[dict[str, t.Any]]:
        """Go on although the disk that was restored is another one now, or its host none of the site's any more."""
        outcomes = []
        if disk.read_record(self.state) is not None:
            for component in self.site.lost_restores(hosts):
                self.site.confirm(self.site.record, component)
                outcomes.append({"component": component, "set": "", "report": {"accepted": "nothing to compare with"}})
        return outcomes


def _beside(directory: Path) -> Path:
    """Where it is written what a directory holds: the manifest lists no files of what is backed up where it is."""
    return directory.with_name(f"{directory.name}.of")


def _identity(place: Place, found: manifest.Manifest) -> dict[str, str]:
    return {"manifest": place.key(), "snapshot": found["snapshot"]}


def _holds(directory: Path, place: Place, found: manifest.Manifest) -> bool:
    """Whether a directory is what an earlier call has left of the part, and not of another set."""
    return directory.is_dir() and disk.read_json(_beside(directory)) == _identity(place, found)


def _remove(directory: Path) -> None:
    # First, so that nobody takes for whole what is left where this is cut off.
    _beside(directory).unlink(missing_ok=True)
    shutil.rmtree(directory, ignore_errors=True)


def _wrong(found: manifest.Manifest, directory: Path) -> list[str]:
    """The files that are not as the manifest has them."""
    there = disk.contents(directory)
    return sorted(path for path, expected in found["files"].items() if there.get(path) != expected)
