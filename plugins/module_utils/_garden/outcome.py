# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module gardener_garden does, and what it tells of that."""

from __future__ import annotations

import datetime
import typing as t

from .._backup import garden_fit
from .._gardener import waiting
from .._gardener.change import Change
from .._gardener.client import Garden, Object, Unreachable
from .._gardener.errors import GardenError
from .._k3s import gate, objects
from .._k3s.gate import Failure
from . import applying, day_one, facts, inputs, options, planning, status, surroundings, versions
from .kinds import BACKUP_BUCKET, DEPLOYMENT, GARDEN, OPERATOR, POD, SPACE
from .options import Given

# What a wait goes by: C(uid), C(generation) and C(version) of the Garden, C(extensions), generations by name, and
# C(since), when it began to be written (RFC 3339).
Written = dict[str, t.Any]


def run(module: t.Any) -> None:
    """Act, wait and answer. A module that was given what a former slice has written only waits."""
    given = module.params
    name = f"Garden {given['garden']['name']}"
    told: Object = {}
    try:
        if given["written"]:
            told = {"changed": False, "written": given["written"]}
        elif not module.check_mode and (absent := _awaited(given)).failures:
            module.fail_json(msg=f"{name}: {gate.explain(absent.failures)}", **_not_begun(absent))
        else:
            told, warned = _act(given, module.check_mode)
            for text in warned:
                module.warn(f"{name}: {text}")
        failures: list[Failure] = []
        if given["wait"] and told["written"] and not module.check_mode:
            waited = _wait(given, told["written"])
            failures, told = waited.failures, {**told, **_waited(waited)}
    except (GardenError, Unreachable) as error:
        result = error.result if isinstance(error, GardenError) else {}
        module.fail_json(msg=f"{name}: {error}", **{**told, **result})
    if failures:
        module.fail_json(msg=f"{name}: {gate.explain(failures)}", **told)
    module.exit_json(**told)


def _awaited(given: Given) -> waiting.Waited:
    """Wait for an operator that is installed, and for what it does just now where that has to be over.

    What it defaults and refuses, it does by webhooks of its own.
    """
    # Who does not answer yet is waited for; a kubeconfig that is none is told at once.
    options.opened(given)

    def look(cluster: Garden) -> tuple[Object | None, list[str], Object | None]:
        return *_operator_of(cluster), facts.find(cluster, GARDEN, "", given["garden"]["name"])

    def verdict(found: tuple[Object | None, list[str], Object | None]) -> waiting.Verdict:
        operator, pods, live = found
        # That there is none is told with all else that is wrong.
        running = _running(operator, pods) if operator and given["wait"] else []
        return [*running, *surroundings.settling(given["garden"], live)], False

    seconds = given["timeout"] if given["wait"] else 0
    return waiting.polled(lambda: options.opened(given), seconds, look, verdict)


def _not_begun(waited: waiting.Waited) -> Object:
    failures = [one._asdict() for one in waited.failures]
    return {"changed": False, "written": {}, "failures": failures, "over": False, "waited": round(waited.seconds, 1)}


def _act(given: Given, check: bool) -> tuple[Object, list[str]]:
    cluster, since = options.opened(given), f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
    plan = planning.planned(cluster, given)
    _lock_step(plan, check)
    steps = _steps(cluster, plan, given["force"], check)
    changed = any(one.changed for one in steps)
    written: Written = {}
    if not check:
        made = applying.apply_all(cluster, steps)
        written = _written(plan, made, since)
    unlisted = _unlisted(plan)
    told = {
        "changed": changed,
        "diff": applying.diff(steps),
        "changes": applying.names(steps),
        "unlisted_extensions": unlisted,
        "validated": not any(one.unvalidated for one in steps),
        "operation": status.operation(plan.live or {}),
        "written": written,
    }
    return told, [*cluster.warnings, *plan.warnings, *_noted(steps, unlisted)]


def _lock_step(plan: planning.Plan, check: bool) -> None:
    """Refuse an operator of another version than the garden is to be of: it is what makes a garden of that version."""
    there = garden_fit.version(plan.facts.operator)
    # In check mode the chart that goes before was not installed, and an image by its digest tells no version.
    if check or there == plan.given["version"] or (plan.facts.operator is not None and not there):
        return
    seen = f"is {there}" if plan.facts.operator else "is not there"
    raise GardenError(
        f"{OPERATOR} {seen}, and garden.version is {plan.given['version']}; both, and the gardenlet of this cluster, go"
        " in lock-step -> install its chart first. Nothing was changed"
    )


def _steps(cluster: Garden, plan: planning.Plan, force: bool, check: bool) -> list[Change]:
    """What applying each of them would do; the API is asked for all before any is applied."""
    before = [applying.planned(cluster, one, force, check) for one in plan.prerequisites]
    try:
        return [*before, applying.planned(cluster, plan.garden, force, check)]
    except GardenError:
        # Types of spec.extensions are known to the operator's webhook once their Extensions are there.
        if check or not plan.garden["spec"].get("extensions") or not any(one.changed for one in before):
            raise
    applying.apply_all(cluster, before)
    with applying.telling(before):
        return [*before, applying.planned(cluster, plan.garden, force, check)]


def _written(plan: planning.Plan, made: t.Sequence[Object], since: str) -> Written:
    garden = made[-1]["metadata"]
    return {
        "uid": garden["uid"],
        "generation": garden["generation"],
        "version": plan.given["version"],
        "since": since,
        "extensions": {
            one["metadata"]["name"]: one["metadata"]["generation"] for one in made if one["kind"] == "Extension"
        },
    }


def _unlisted(plan: planning.Plan) -> list[str]:
    names = {one["name"] for one in plan.given["extensions"]}
    return sorted(one["metadata"]["name"] for one in plan.facts.extensions if one["metadata"]["name"] not in names)


def _noted(steps: t.Sequence[Change], unlisted: t.Sequence[str]) -> list[str]:
    """What the user would want to know, though all is well."""
    reasons = list(dict.fromkeys(one.unvalidated for one in steps if one.unvalidated))
    noted = [f"not everything was validated by the API: {'; '.join(reasons)}"] if reasons else []
    if unlisted:
        noted.append(f"extensions {', '.join(unlisted)} are there and not described, and stay")
    return noted


class _Seen(t.NamedTuple):
    garden: Object | None
    extensions: list[Object]
    stuck: list[Object]
    operator: Object | None
    pods: list[str]


def _look(cluster: Garden, given: Given, written: Written) -> _Seen:
    garden, extensions = facts.standing(cluster, given["garden"]["name"], written["extensions"])
    return _Seen(garden, extensions, facts.stuck(cluster), *_operator_of(cluster))


def _operator_of(cluster: Garden) -> tuple[Object | None, list[str]]:
    """The operator's Deployment, and why its pods do not run."""
    operator = cluster.get(DEPLOYMENT, SPACE, OPERATOR)
    if operator is None or not objects.unready(operator):
        return operator, []
    labels = operator["spec"]["selector"]["matchLabels"]
    found = cluster.list(POD, SPACE, ",".join(f"{key}={value}" for key, value in labels.items()))
    return operator, objects.waiting({"items": found})


def _wait(given: Given, written: Written) -> waiting.Waited:
    def verdict(seen: _Seen) -> waiting.Verdict:
        return judged(seen, written, given["healthy"])

    return waiting.polled(
        lambda: options.opened(given), given["timeout"], lambda cluster: _look(cluster, given, written), verdict
    )


def judged(seen: _Seen, written: Written, healthy: bool) -> waiting.Verdict:
    """What does not hold yet of all that was seen, and whether waiting is of no use."""
    if seen.garden is None or seen.garden["metadata"]["uid"] != written["uid"]:
        told = "it is gone" if seen.garden is None else "another one of its name"
        return [Failure("the Garden is there", told, "the one that was written", "see who has deleted it")], True
    failures, over = status.garden(seen.garden, int(written["generation"]), written["version"], healthy)
    if failures and not over:
        mine = [one for one in seen.stuck if _is_of(one, seen.garden)]
        blocked, over = status.blockers(mine, written["since"])
        failures = [*blocked, *_operator(seen), *failures]
    there = {one["metadata"]["name"]: one for one in seen.extensions}
    for name, generation in written["extensions"].items():
        if name not in there:
            failures.append(Failure(f"Extension {name} is there", "it is gone", "there", "see who has deleted it"))
        elif healthy:
            failures += status.extension(there[name], int(generation))
    return failures, over


def _is_of(found: Object, garden: Object) -> bool:
    """Seeds have buckets, too, in the same place."""
    return found["kind"] != BACKUP_BUCKET.name or str(found["metadata"]["name"]) == day_one.bucket(garden)


def _operator(seen: _Seen) -> list[Failure]:
    """Whether anybody acts on the garden at all."""
    if seen.operator is None:
        return [Failure(f"{OPERATOR} is there", "it is gone", "there", "install its chart anew")]
    return _running(seen.operator, seen.pods)


def _running(operator: Object, pods: list[str]) -> list[Failure]:
    lack = objects.unready(operator)
    if not lack:
        return []
    told = "; ".join([lack, *pods])
    return [Failure(f"{OPERATOR} runs", told, "ready", f"read 'kubectl -n {SPACE} logs deployment/{OPERATOR}'")]


def _waited(waited: waiting.Waited) -> Object:
    seen: _Seen | None = waited.found
    garden = seen.garden if seen else None
    return {
        "operation": status.operation(garden or {}),
        "gardener": versions.reconciled(garden),
        "waited": round(waited.seconds, 1),
        "failures": [one._asdict() for one in waited.failures],
        "over": waited.over,
    }


def preview(given: Given, check: bool) -> Object:
    """The result of the module gardener_garden_plan, with C(msg) where an operation that has to be over goes on.

    Raises GardenError with all mistakes.
    """
    cluster = options.opened(given)
    plan = planning.planned(cluster, given)
    seconds = 0.0
    if not check and surroundings.settling(plan.given, plan.live):
        waited = _settled(given)
        if waited.failures:
            return {**_not_begun(waited), "warnings": [], "msg": gate.explain(waited.failures)}
        plan, seconds = planning.planned(cluster, given), waited.seconds
    return {
        "waited": round(seconds, 1),
        "changed": False,
        "former": plan.former,
        "operator": garden_fit.version(plan.facts.operator),
        "present": plan.live is not None,
        "secrets": inputs.referred(plan.given),
        "server": f"https://api.{plan.given['virtual_domains'][0]}",
        "runtime": plan.facts.version,
        "warnings": [*cluster.warnings, *plan.warnings],
    }


def _settled(given: Given) -> waiting.Waited:
    """Wait for what the operator does just now."""
    name = given["garden"]["name"]
    return waiting.polled(
        lambda: options.opened(given), given["timeout"],
        lambda cluster: facts.find(cluster, GARDEN, "", name),
        lambda live: (surroundings.settling(given["garden"], live), False),
    )  # fmt: skip
