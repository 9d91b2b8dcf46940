# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module gardener_shoot does, and what it tells of that."""

from __future__ import annotations

import typing as t

from .._k3s import gate
from . import applying, confinement, options, plan, removal, running, seeds, status, view, waiting
from .client import Garden, Object, Unreachable
from .described import Described
from .errors import GardenError
from .kinds import SHOOT
from .options import Given
from .running import Outcome, Written


def run(module: t.Any) -> None:
    """Act, wait and answer. A module that was given what a former slice has written only waits."""
    running.run(module, f"{module.params['namespace']}/{module.params['name']}", _act, _wait)


def _act(given: Given, check: bool) -> Outcome:
    garden = options.named(given)
    outcome = (_absent if given["state"] == "absent" else _present)(garden, given, check)
    return outcome._replace(warnings=[*garden.warnings, *outcome.warnings])


def _present(garden: Garden, given: Given, check: bool) -> Outcome:
    described = Described(
        given["namespace"], given["name"], given["spec"], given["labels"], given["annotations"], given["hibernated"]
    )
    if mistakes := described.mistakes():
        raise GardenError(f"{'; '.join(mistakes)}. Nothing was changed")
    idle: list[str] = []

    def look() -> plan.Plan:
        found = plan.planned(garden, described, not given["version_floor"], given["force"], check)
        idle[:] = seeds.stopped(garden, found.after)
        _refuse(given, found, idle)
        return found

    found, shoot = applying.done(garden, look, check)
    metadata = shoot["metadata"]
    written = {} if check else {"uid": metadata["uid"], "generation": metadata["generation"]}
    return Outcome(_of_plan(found, shoot), written, [*idle, *_noted(found, shoot)])


def _refuse(given: Given, found: plan.Plan, idle: list[str]) -> None:
    """Raise GardenError where nodes would go, or nobody would do what is waited for. idle: why nobody would."""
    done = found.live is not None and not found.changed and not _unfinished(found.live)
    refused = [*(idle if given["wait"] and not done else [])]
    refused += [] if given["allow_node_replacement"] else _lost(found)
    if refused:
        told = {**_of_plan(found, found.live or {}), "changed": False}
        raise GardenError(f"{'; '.join(refused)}. Nothing was changed", told)


def _unfinished(shoot: Object) -> bool:
    return bool(status.judge(shoot, shoot["metadata"].get("generation", 0))[0])


def _absent(garden: Garden, given: Given, check: bool) -> Outcome:
    live = garden.get(SHOOT, given["namespace"], given["name"])
    if live is None:
        return Outcome({"shoot": {}, "operation": {}}, {}, [])
    removal.refuse(garden, live, given["confirm_deletion"], given["force_deletion"], given["wait"])
    changed = removal.begin(garden, live, given["force_deletion"], check)
    now = live if check else garden.get(SHOOT, given["namespace"], given["name"])
    written = {} if now is None else {"uid": live["metadata"]["uid"], "generation": now["metadata"]["generation"]}
    diff = {"before": view.compared(live), "after": {}} if changed else {"before": {}, "after": {}}
    return Outcome(
        {"changed": changed, "diff": diff, "shoot": view.told(now), "operation": status.operation(now or {})},
        {} if check else written,
        [],
    )


def _wait(given: Given, written: Written) -> tuple[list[gate.Failure], Object]:
    uid, generation, seed = written["uid"], int(written["generation"]), _seed(given)

    def verdict(shoot: Object | None) -> waiting.Verdict:
        if given["state"] == "absent":
            return removal.verdict(shoot, uid, generation, seed)
        if shoot is None or shoot["metadata"]["uid"] != uid:
            seen = "it is gone" if shoot is None else "another one of its name"
            return [
                gate.Failure("the shoot is there", seen, "the one that was written", "see who has deleted it")
            ], True
        if gone := shoot["metadata"].get("deletionTimestamp"):
            seen = f"it is being deleted since {gone}"
            return [gate.Failure("the shoot stays", seen, "no deletion", "see who has deleted it")], True
        return status.judge(shoot, generation, healthy=given["healthy"], seed=seed)

    place = (given["namespace"], given["name"])
    waited = waiting.until(lambda: options.named(given), *place, given["timeout"], verdict)
    pending = {} if given["state"] == "absent" else {"pending": _pending(waited.found)}
    return waited.failures, {
        **pending,
        "shoot": view.told(waited.found),
        "operation": status.operation(waited.found or {}),
        **running.waited(waited),
    }


def _seed(given: Given) -> Object | None:
    """The seed of the shoot as it is when a slice of the wait begins, None where that cannot be told just then."""
    try:
        garden = options.named(given)
        shoot = garden.get(SHOOT, given["namespace"], given["name"])
        return seeds.found(garden, status.seed_of(shoot)) if shoot else None
    except Unreachable:
        return None


def _pending(shoot: Object | None) -> bool:
    """shoot: None, or empty, where there is none."""
    return confinement.pending(shoot) is not None if shoot else False


def _of_plan(found: plan.Plan, shoot: Object) -> Object:
    changed = found.changed
    return {
        "changed": changed,
        "diff": {"before": found.before_shown, "after": found.after_shown} if changed else {"before": {}, "after": {}},
        "shoot": view.told(shoot or None),
        "operation": status.operation(shoot),
        "rolled_workers": found.effect.rolled,
        "updated_workers": found.effect.updated,
        "removed_workers": found.effect.removed,
        "kept_versions": [one._asdict() for one in found.kept],
        "taken_over": [one._asdict() for one in found.taken],
        "adopted_from": found.adopted,
        "confined": found.confined,
        "pending": _pending(shoot),
        "validated": not found.unvalidated,
    }


def _lost(found: plan.Plan) -> list[str]:
    """Refuse a change by which nodes go, with the pools and the fields that it hangs on."""
    if not found.effect.lost:
        return []
    pools = "; ".join(f"{pool} ({', '.join(why)})" for pool, why in found.effect.lost.items())
    return [f"nodes would be replaced or removed: {pools} -> set 'allow_node_replacement: true'"]


def _noted(found: plan.Plan, shoot: Object) -> list[str]:
    """What the user would want to know, though all is well."""
    noted = [f"{one.field} is {one.found} by now, above {one.wanted}, and stays" for one in found.kept]
    if pending := confinement.pending(shoot):
        noted.append(f"{pending.condition} only later: {pending.seen} -> {pending.remedy}")
    if found.unvalidated:
        noted.append(f"what would be created was not validated by the garden: {found.unvalidated}")
    return noted
