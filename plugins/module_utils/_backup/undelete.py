# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing back what somebody has deleted, by the account that prunes: what hides it is taken away.

In a bucket with versions a deletion hides an object behind a marker. Pruning hides, too, and so do the hosts what they
need no more. None of that comes back:

    manifests, contents    hidden while there was a mark of pruning; unless one of the last verified sets was, too,
                           which pruning does not hide, so that it was none, whatever it called itself
    manifests              of sets that retention would not keep; and the records of those that are not there
    keys of a repository   that the site's password does not open, or where another one is there that it does
    locks, probes, marks   which say what was so at some time
"""

from __future__ import annotations

import contextlib
import datetime
import json
import typing as t

from . import catalogue, disk, keys, manifest, retention
from .catalogue import BackupSet
from .copies import CONTENTS, whole
from .errors import BackupError, Unreachable
from .keys import Place
from .restic import fits
from .retention import Policy
from .site import Site
from .versions import Version

# Storages tell times in whole seconds.
MARGIN = datetime.timedelta(seconds=2)
NEVER = datetime.datetime.max.replace(tzinfo=datetime.UTC)

Run = tuple[datetime.datetime, datetime.datetime]


class Hidden(t.NamedTuple):
    """An object that is hidden, since when, by which markers, newest first, and the version that would come back."""

    key: str
    since: datetime.datetime
    markers: tuple[Version, ...]
    version: Version


class Plan(t.NamedTuple):
    """What comes back, in that order, and what of the contents stays hidden, since pruning has hidden it."""

    back: list[Hidden]
    pruned: list[Hidden]

    @property
    def sets(self) -> list[str]:
        """The sets that come back."""
        places = [keys.parse_part(one.key) for one in self.back]
        return sorted({parsed[0].set for parsed in places if parsed and parsed[1] is None})


def plan(
    site: Site,
    policy: Policy,
    components: t.Collection[str],
    moment: datetime.datetime,
    everything: bool = False,
) -> Plan:
    """What to bring back. Changes nothing. everything: also what of the contents pruning seems to have hidden."""
    every = site.store.versions(f"{site.settings.site}/")
    found = {one.key: one for one in hidden(every) if moment - one.since <= datetime.timedelta(days=policy.hidden_days)}
    known = _known(every)
    staying = _staying(site, every, known, policy, components, moment)
    last = {place.key() for place in retention.lost((), known, components)}
    name = site.settings.site
    contents: list[Hidden] = []
    manifests: list[Hidden] = []
    pruned: list[Hidden] = []
    for lineage in sorted(_lineages(name, found)):
        path = f"{keys.repository(name, lineage)}/"
        ours = {key: one for key, one in sorted(found.items()) if _lineage(name, key) == lineage}
        runs = [] if everything else _prunings(site, every, keys.pruning(name, lineage))
        runs = [run for run in runs if not any(key in last and _within(one.since, run) for key, one in ours.items())]
        contents += [one for key, one in ours.items() if key == f"{path}config"]
        contents += _keys(site, every, found, path)
        layers = [[one for key, one in ours.items() if key.startswith(path + layer)] for layer in CONTENTS]
        layers.append([one for key, one in ours.items() if _manifest(key) in staying])
        for layer, back in zip(layers, (contents, contents, contents, manifests), strict=True):
            for one in layer:
                (pruned if any(_within(one.since, run) for run in runs) else back).append(one)
    there = {one.key for one in every if one.latest and not one.marker} | {one.key for one in manifests}
    records = [one for key, one in sorted(found.items()) if _records(key) in there and not keys.parse_damaged(key)]
    markers = [one for key, one in sorted(found.items()) if keys.parse_marker(key)]
    # What has a manifest is whole, and a host backs up where its lineage is known: these come last.
    return Plan([*contents, *manifests, *records, *markers], pruned)


def run(site: Site, planned: Plan) -> None:
    """Do it. Killed anywhere, the next run does the rest."""
    with disk.alone(site.settings.state):
        left = planned.back
        while left:
            for one in left:
                for marker in one.markers:
                    site.store.delete(marker.key, marker.id)
            # Of one that was deleted more than once not all times may be told in their order.
            wanted = {one.key for one in planned.back}
            left = [one for one in hidden(site.store.versions(f"{site.settings.site}/")) if one.key in wanted]


def hidden(every: t.Iterable[Version]) -> list[Hidden]:
    """Objects of which there is a version behind one or more markers. Pure."""
    objects: dict[str, list[Version]] = {}
    for one in every:
        objects.setdefault(one.key, []).append(one)
    found = []
    for key, known in objects.items():
        newest_first = sorted(known, key=lambda one: (one.latest, one.modified, one.marker), reverse=True)
        if not newest_first[0].latest:
            # Somebody wrote it while it was listed.
            continue
        markers = []
        for one in newest_first:
            if not one.marker:
                break
            markers.append(one)
        if markers and len(markers) < len(newest_first):
            version = newest_first[len(markers)]
            # versitygw tells of a version when it was hidden, and of the marker when that was written: S3 the reverse.
            since = max(markers[-1].modified, version.modified)
            found.append(Hidden(key, since, tuple(markers), version))
    return found


def prunings(told: t.Iterable[t.Mapping[str, str]]) -> list[Run]:
    """From when until when pruning ran; a run that was killed until the next one that ended. Pure.

    told: what the versions of its mark say.
    """
    moments = [{name: datetime.datetime.fromisoformat(text) for name, text in one.items()} for one in told]
    ends = sorted(one["ended"] for one in moments if "ended" in one)
    begun = {one["begun"] for one in moments if "begun" in one}
    return [(since, next((end for end in ends if end >= since), NEVER)) for since in sorted(begun)]


def _prunings(site: Site, every: t.Sequence[Version], mark: str) -> list[Run]:
    told = []
    for one in every:
        if one.key == mark and not one.marker:
            # What somebody else has written there says nothing.
            with contextlib.suppress(ValueError, TypeError, AttributeError):
                said = json.loads(site.store.get(mark, one.id))
                prunings([said])
                told.append(said)
    return prunings(told)


def _within(moment: datetime.datetime, run_: Run) -> bool:
    begun, ended = run_
    return begun - MARGIN <= moment and moment - MARGIN <= ended


def _manifest(key: str) -> Place | None:
    parsed = keys.parse_part(key)
    return parsed[0] if parsed and parsed[1] is None else None


def _records(key: str) -> str | None:
    """The manifest that a key is a record about."""
    place = keys.record_of(key)
    return place.key() if place else None


def _lineage(site: str, key: str) -> str:
    """Whose contents or manifest a key is; empty for all else."""
    place, path = _manifest(key), keys.repository(site, "")
    return place.lineage if place else key.removeprefix(path).partition("/")[0] if key.startswith(path) else ""


def _lineages(site: str, found: t.Iterable[str]) -> set[str]:
    return {_lineage(site, key) for key in found} - {""}


def _known(every: t.Sequence[Version]) -> list[BackupSet]:
    """All sets, as if nothing were hidden; but a mark of damage that is hidden was taken back."""
    there = {one.key for one in every if one.latest and not one.marker}
    ever = {one.key for one in every if not one.marker}
    return catalogue.sets(sorted(key for key in ever if not keys.parse_damaged(key) or key in there))


def _staying(
    site: Site,
    every: t.Sequence[Version],
    known: t.Sequence[BackupSet],
    policy: Policy,
    components: t.Collection[str],
    moment: datetime.datetime,
) -> set[Place]:
    """The parts of all sets that retention would keep if nothing were hidden."""
    versions: dict[str, str] = {}
    for one in sorted(every, key=lambda one: (one.latest, one.modified)):
        if not one.marker:
            versions[one.key] = one.id
    suspect = set()
    for part in (part for one_set in known for part in one_set.parts.values() if not part.promoted):
        key = part.place.key()
        try:
            found = manifest.unseal(key, site.store.get(key, versions[key]), *site.settings.passwords)
        except Unreachable:
            raise
        except BackupError:
            # Whoever reads it says so.
            continue
        if found["suspect"]:
            suspect.add(part.place)
    verdicts = retention.judge(known, components, suspect, moment, policy)
    return {part.place for verdict in verdicts if verdict.stays for part in verdict.one.parts.values()}


def _keys(site: Site, every: t.Sequence[Version], found: t.Mapping[str, Hidden], path: str) -> list[Hidden]:
    """Keys that the site's password opens, where no other one is there that it does."""
    gone = [one for key, one in sorted(found.items()) if key.startswith(f"{path}keys/")]
    if not gone:
        return []
    there = {one.key for one in every if one.latest and not one.marker}
    config = f"{path}config"
    if config in found:
        content = site.store.get(config, found[config].version.id)
    elif config in there:
        content = site.store.get(config)
    else:
        return []
    kept = [key for key in there if key.startswith(f"{path}keys/")]
    if any(_fits(site, content, key, site.store.get(key)) for key in kept):
        return []
    return [one for one in gone if _fits(site, content, one.key, site.store.get(one.key, one.version.id))]


def _fits(site: Site, config: bytes, key: str, content: bytes) -> bool:
    return whole(key, content) and fits(site.settings, config, key.rpartition("/")[2], content)
