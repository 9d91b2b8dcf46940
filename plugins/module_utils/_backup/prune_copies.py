# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removing from the second object storage what retention has removed from the first, by an account of its own there.

A repository there is thinned out as it was copied, object by object: what goes is neither in the first storage any more
nor needed by a set that stays. restic would pack anew what stays, and the next copy bring all of it once more.
"""

from __future__ import annotations

import datetime
import typing as t

from . import disk, keys, prune, retention, versions
from .catalogue import BackupSet
from .copies import CONTENTS, Copies
from .errors import BackupError
from .retention import Policy, Verdict
from .site import Site
from .versions import Version

Identity = tuple[str, int, str]
Orders = t.Mapping[str, list[tuple[int, str]]]


class Plan(t.NamedTuple):
    """What there is to do there: lineages whose copy is thinned out, keys of records to hide, versions to remove for
    good; kept says of a copy that is not thinned out why.
    """

    verdicts: list[Verdict]
    lineages: list[str]
    records: list[str]
    versions: list[Version]
    kept: dict[str, str]

    @property
    def changes(self) -> bool:
        return bool(self.going or self.lineages or self.records or self.versions)

    @property
    def going(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if not verdict.stays]


def plan(
    site: Site,
    policy: Policy,
    components: t.Collection[str],
    accept: t.Collection[str],
    moment: datetime.datetime,
    first: prune.Plan,
) -> Plan:
    """What to do once the first storage was thinned out by its own plan; raises where either is not to be trusted."""
    second = site.elsewhere()
    # Before the first: what is written here later is never taken for what the first has lost.
    looked = prune.look(second, policy, components, accept, moment)
    staying = [verdict.one for verdict in first.verdicts if verdict.stays]
    if not staying:
        raise BackupError(f"the first object storage ({site.settings.storage.where}) has no set -> see where they are")
    known = {one.lineage for one in staying} & site.generations().keys()
    _refuse_other(site, second, known)
    here = [verdict.one for verdict in looked.verdicts if verdict.one.lineage in known]
    good = retention.verified(staying, components, whole=True)
    _refuse_fewer(good, retention.verified(here, components), policy.verified)
    verdicts = [_verdict(verdict, known, {_identity(one) for one in staying}) for verdict in looked.verdicts]
    going = prune.parts(verdicts, stay=False)
    lineages, kept = [], {}
    for lineage in sorted({one.lineage for one in here}):
        due = lineage in first.forget or any(place.lineage == lineage for place in going)
        if not due and not _gone(site, lineage, looked.there):
            continue
        # As a manifest names them: older ones of restic tell the beginning of the identity only.
        needed = {
            place.set: found["snapshot"]
            for place, found in looked.manifests.items()
            if place.lineage == lineage and place not in going
        }
        names = _snapshots(site, lineage) - set(first.forget.get(lineage, []))
        alone = [one for one, snapshot in needed.items() if not any(name.startswith(snapshot) for name in names)]
        if alone:
            kept[lineage] = f"the first object storage has no contents of {', '.join(sorted(alone))} any more"
        else:
            lineages.append(lineage)
    hidden = versions.removable(looked.every, moment, policy.hidden_days)
    return Plan(verdicts, lineages, prune.records(looked.there, going), hidden, kept)


def leaving(site: Site, planned: Plan, first: prune.Plan) -> set[str]:
    """The keys of what goes there, as far as that is known before restic has packed the first one anew."""
    forgotten = {lineage: first.forget.get(lineage, []) for lineage in planned.lineages}
    snapshots = {keys.snapshot(site.settings.site, lineage, one) for lineage, ones in forgotten.items() for one in ones}
    return {place.key() for place in prune.parts(planned.verdicts, stay=False)} | set(planned.records) | snapshots


def run(site: Site, planned: Plan) -> None:
    """Do it, after the first storage was thinned out. Killed anywhere, the next run does the rest.

    Nothing goes before the copies hold all that the first storage has now, which restic has found to be whole.
    """
    second = site.elsewhere()
    with disk.alone(site.settings.state, name="copy"):
        for lineage in planned.lineages:
            _bring(site, lineage)
        for place in sorted(prune.parts(planned.verdicts, stay=False)):
            second.store.delete(place.key())
        for lineage in planned.lineages:
            # Listed before the first, as in the plan.
            there = second.store.keys(f"{keys.repository(site.settings.site, lineage)}/")
            for key in _gone(site, lineage, there):
                second.store.delete(key)
        for key in planned.records:
            second.store.delete(key)
        for one in planned.versions:
            second.store.delete(one.key, one.id)


def _bring(site: Site, lineage: str) -> None:
    """Have the copy hold all that the first storage has; raises unless that is all that its snapshots need."""
    site.restic(lineage).check()
    left = Copies(site).copy_repository(lineage)
    if left:
        raise BackupError("; ".join(left))


def _gone(site: Site, lineage: str, there: t.Iterable[str]) -> list[str]:
    """Of the keys of the second storage those of the repository that the first has not; first what refers to others."""
    repository = keys.repository(site.settings.site, lineage)
    first = set(site.store.keys(f"{repository}/"))
    return [
        key
        for layer in reversed(CONTENTS)
        for key in sorted(there)
        if key.startswith(f"{repository}/{layer}") and key not in first
    ]


def _snapshots(site: Site, lineage: str) -> set[str]:
    listed = site.store.keys(f"{keys.repository(site.settings.site, lineage)}/snapshots/")
    return {key.rpartition("/")[2] for key in listed}


def _refuse_other(site: Site, second: Site, lineages: t.Iterable[str]) -> None:
    known, there = site.generations(), second.generations()
    for lineage in sorted(lineages):
        if there.get(lineage, 0) > known[lineage]:
            raise BackupError(
                f"{second.settings.storage.where} has generation {there[lineage]} of {lineage}, the first one"
                f" {known[lineage]}: the site was restored from there -> make it the first one"
            )
        config = f"{keys.repository(site.settings.site, lineage)}/config"
        if second.store.keys(config) and second.store.get(config) != site.store.get(config):
            raise BackupError(f"{second.settings.storage.where} has another repository of {lineage}: it is no copy")


def _refuse_fewer(first: Orders, second: Orders, least: int) -> None:
    """A first storage that has lost sets proves of none that it may go."""
    for lineage, there in second.items():
        known = first[lineage]
        if there and (len(known) < min(least, len(there)) or max(known) < max(there)):
            newest = max(known)[1] if known else "none"
            raise BackupError(
                f"the first object storage keeps {len(known)} verified sets of {lineage}, the newest {newest}; the"
                f" second one has {len(there)}, the newest {max(there)[1]} -> see what has become of the others"
            )


def _verdict(verdict: Verdict, lineages: t.Collection[str], staying: t.Collection[Identity]) -> Verdict:
    """What its own count says, unless the first storage has another reason to keep the set. Pure."""
    if verdict.stays:
        return verdict
    if verdict.one.lineage not in lineages:
        return Verdict(verdict.one, True, "the first object storage has nothing of its lineage")
    if _identity(verdict.one) in staying:
        return Verdict(verdict.one, True, "it stays in the first object storage")
    return verdict


def _identity(one: BackupSet) -> Identity:
    return one.lineage, one.generation, one.name
