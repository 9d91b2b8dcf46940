# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removing old sets, by an account of its own: that of the hosts hides objects, and removes nothing for good."""

from __future__ import annotations

import dataclasses
import datetime
import json
import typing as t

from . import catalogue, disk, keys, retention, versions
from .errors import BackupError, Unreachable
from .keys import Place
from .manifest import Manifest
from .retention import Policy, Verdict
from .sets import Sets
from .settings import Settings
from .site import Site, now
from .versions import Version

# What is younger may belong to a set that is being made.
ORPHAN = datetime.timedelta(days=1)


class Plan(t.NamedTuple):
    """What there is to do: snapshots to forget by lineage, each of which is pruned; keys of records about sets to
    hide; versions to remove for good.
    """

    verdicts: list[Verdict]
    forget: dict[str, list[str]]
    records: list[str]
    versions: list[Version]

    @property
    def changes(self) -> bool:
        return bool(self.forget or self.records or self.versions)

    @property
    def going(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if not verdict.stays]


class Looked(t.NamedTuple):
    """What a storage has of the site: every version, the keys that are current, and what becomes of its sets by their
    own count.
    """

    every: list[Version]
    there: set[str]
    manifests: dict[Place, Manifest]
    verdicts: list[Verdict]


def by(settings: Settings, access_key: str, secret_key: str, second: t.Mapping[str, str] | None = None) -> Site:
    """The site as another account sees it, and with second its copy as one there does."""
    storage = settings.storage.by(access_key, secret_key)
    copy = settings.second
    if copy and second:
        copy = copy.by(**second)
    return Site(dataclasses.replace(settings, storage=storage, second=copy))


def look(
    site: Site, policy: Policy, components: t.Collection[str], accept: t.Collection[str], moment: datetime.datetime
) -> Looked:
    """Read what is there; raises where something is wrong with it, and changes nothing."""
    every = site.store.versions(f"{site.settings.site}/")
    there = set(versions.current(every))
    known = catalogue.sets(there)
    _refuse_lost(there, every, components)
    manifests = {part.place: _manifest(site, part.place) for one in known for part in one.parts.values()}
    promoted = {part.place for one in known for part in one.parts.values() if part.promoted}
    suspect = {place for place, found in manifests.items() if found["suspect"]} - promoted
    damaged = {part.place for one in known for part in one.parts.values() if part.damaged}
    for place in retention.newest(known):
        if place in damaged:
            _refuse_damaged(place, accept)
        if place in suspect:
            _refuse_suspect(place, manifests[place], accept)
    return Looked(every, there, manifests, retention.judge(known, components, suspect, moment, policy))


def parts(verdicts: t.Iterable[Verdict], stay: bool) -> set[Place]:
    """The parts of the sets that stay, or that go."""
    return {part.place for verdict in verdicts if verdict.stays == stay for part in verdict.one.parts.values()}


def records(there: t.Collection[str], going: t.Collection[Place]) -> list[str]:
    """Keys of records about what goes, and about what is not there."""
    return sorted({key for key in there if keys.record_of(key) in going} | set(retention.strays(there)))


def plan(
    site: Site, policy: Policy, components: t.Collection[str], accept: t.Collection[str], moment: datetime.datetime
) -> Plan:
    """What to do; raises where something is wrong with what is there. Changes nothing.

    accept names suspect sets of which is known why they hold so little, and damaged ones that are not to stop it. A
    clock that is far off does not get here: the storage takes no request of such a host.
    """
    refuse_low(policy)
    _refuse_unfinished(site)
    looked = look(site, policy, components, accept, moment)
    going = parts(looked.verdicts, stay=False)
    needed = {found["snapshot"] for place, found in looked.manifests.items() if place not in going}
    forget = {}
    known = {place.lineage for place in looked.manifests} | catalogue.generations(looked.there).keys()
    for lineage in sorted(known):
        snapshots = unneeded(site.restic(lineage).snapshots(), needed, moment)
        begun = keys.pruning(site.settings.site, lineage) in looked.there
        if snapshots or begun or any(place.lineage == lineage for place in going):
            forget[lineage] = snapshots
    hidden = versions.removable(looked.every, moment, policy.hidden_days)
    return Plan(looked.verdicts, forget, records(looked.there, going), hidden)


def leaving(site: Site, planned: Plan) -> set[str]:
    """The keys of what goes, as far as that is known before restic has packed anew."""
    name = site.settings.site
    snapshots = {keys.snapshot(name, lineage, one) for lineage, ones in planned.forget.items() for one in ones}
    return {place.key() for place in parts(planned.verdicts, stay=False)} | set(planned.records) | snapshots


def run(site: Site, planned: Plan) -> None:
    """Do it. Killed anywhere, the next run does the rest.

    The manifest goes first: what has one is whole. Then there is a mark of what is still to be done.
    """
    with disk.alone(site.settings.state):
        for lineage, snapshots in planned.forget.items():
            mark = keys.pruning(site.settings.site, lineage)
            # By the storage's own clock, which is that of what it hides: see undelete.
            before = now()
            begun = site.store.put(mark, b"{}").date or before
            told = {"begun": begun.isoformat()}
            site.store.put(mark, json.dumps(told).encode())
            for verdict in planned.going:
                if verdict.one.lineage == lineage:
                    for part in verdict.one.parts.values():
                        site.store.delete(part.place.key())
            restic = site.restic(lineage)
            if snapshots:
                restic.forget(snapshots)
            restic.prune()
            told["ended"] = (now() + (begun - before)).isoformat()
            site.store.put(mark, json.dumps(told).encode())
            site.store.delete(mark)
        for key in planned.records:
            site.store.delete(key)
        for one in planned.versions:
            site.store.delete(one.key, one.id)


def refuse_low(policy: Policy) -> None:
    wrong = retention.below(policy._asdict())
    if wrong:
        said = ", ".join(f"{name} is {getattr(policy, name)}, expected {what}" for name, what in wrong.items())
        raise BackupError(f"{said} -> raise it: less may leave nothing to restore")


def _refuse_unfinished(site: Site) -> None:
    for begun in Sets(site).restoring():
        raise BackupError(
            f"the restore of {begun['component']} from set {begun['set']} is not confirmed: nothing is removed before"
            " it is -> run bootstrap or restore again"
        )
    for lineage in site.unconfirmed():
        raise BackupError(
            f"the restore of lineage {lineage} is not confirmed: nothing is removed before it is -> run bootstrap"
        )


def _refuse_lost(there: t.Collection[str], every: t.Iterable[Version], components: t.Collection[str]) -> None:
    everything = catalogue.sets({one.key for one in every if not one.marker})
    places = retention.lost(there, everything, components)
    if places:
        raise BackupError(
            f"somebody has deleted {', '.join(sorted(place.key() for place in places)[:3])}, of the last verified sets,"
            " and nothing is removed -> find out who, and bring it back (backup_undelete); if it is to go, remove its"
            " versions"
        )


def _refuse_suspect(place: Place, found: Manifest, accept: t.Collection[str]) -> None:
    if place.set not in accept:
        raise BackupError(
            f"set {place.set} is the newest with {place.component} of lineage {place.lineage}, and suspect:"
            f" {'; '.join(found['suspect'])}. Nothing is removed -> see what happened; when it is known why, promote it"
            " (playbook backup with backup_promote), make one with backup_accept_drop, or accept this one by its name"
        )


def _refuse_damaged(place: Place, accept: t.Collection[str]) -> None:
    if place.set not in accept:
        raise BackupError(
            f"set {place.set} is the newest with {place.component} of lineage {place.lineage}, and damaged, as others"
            " that share its contents may be. Nothing is removed -> bring back what is damaged (playbook backup with"
            " backup_mend), make another set, or accept this one by its name"
        )


def _manifest(site: Site, place: Place) -> Manifest:
    try:
        found = site.manifest(place)
    except Unreachable:
        raise
    except BackupError as error:
        raise BackupError(
            f"nothing is removed while a manifest cannot be read: {error}; or bring its older version back"
        ) from None
    if (found["lineage"], found["component"], found["set"]) != (place.lineage, place.component, place.set):
        raise BackupError(
            f"nothing is removed: {place.key()} holds the manifest of another part -> bring its older version back"
        )
    return found


def unneeded(
    snapshots: t.Mapping[str, datetime.datetime], needed: t.Collection[str], moment: datetime.datetime
) -> list[str]:
    """Snapshots of sets that go, and those that a run which was cut off has left. Pure."""
    return [
        one
        for one, made in snapshots.items()
        # Older ones of restic tell the beginning of the identity only.
        if moment - made > ORPHAN and not any(one.startswith(name) for name in needed)
    ]
