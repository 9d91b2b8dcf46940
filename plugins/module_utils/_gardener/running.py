# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a module that asks a garden acts, waits and answers."""

from __future__ import annotations

import typing as t

from .._k3s import gate
from . import options, refusals, waiting
from .client import Object, Refusal, Unreachable
from .errors import GardenError
from .kinds import Kind
from .options import Given

# What a wait goes by, such as C(uid) and C(generation) after the write; empty where nothing is waited for.
Written = dict[str, t.Any]


class Outcome(t.NamedTuple):
    """result: what is told beside the wait. warnings: of the garden, and of what the run has found."""

    result: Object
    written: Written
    warnings: list[str]


Act = t.Callable[[Given, bool], Outcome]
# What does not hold yet, and what is told of the wait.
Wait = t.Callable[[Given, Written], tuple[list[gate.Failure], Object]]


def run(module: t.Any, name: str, act: Act, wait: Wait) -> None:
    """Act, wait and answer. A module that was given what a former slice has written only waits. name: of the object."""
    given = module.params
    told: Object = {}
    try:
        outcome = Outcome({}, given["written"], []) if given["written"] else act(given, module.check_mode)
        for text in outcome.warnings:
            module.warn(f"{name}: {text}")
        told = {"changed": False, **outcome.result, "written": outcome.written}
        failures: list[gate.Failure] = []
        if given["wait"] and outcome.written and not module.check_mode:
            failures, waited = wait(given, outcome.written)
            told = {**told, **waited}
    except Refusal as error:
        reason = f"the garden refuses it: {refusals.explained(error)}"
        module.fail_json(msg=f"{name}: {reason}", status=error.status, reason=error.reason, **told)
    except GardenError as error:
        module.fail_json(msg=f"{name}: {error}", **{**told, **error.result})
    except Unreachable as error:
        module.fail_json(msg=f"{name}: {error}", **told)
    if failures:
        module.fail_json(msg=f"{name}: {gate.explain(failures)}", **told)
    module.exit_json(**told)


def until(
    given: Given, kind: Kind, seconds: float, verdict: t.Callable[[Object | None], waiting.Verdict], namespace: str = ""
) -> waiting.Waited:
    """Ask for the object that C(name) names, as C(waiting.polled) does. verdict: of it, None where it is gone."""
    name = given["name"]
    return waiting.polled(
        lambda: options.opened(given), seconds, lambda garden: garden.get(kind, namespace, name), verdict
    )


def waited(found: waiting.Waited) -> Object:
    """What is told of a wait beside what was waited for."""
    return {
        "waited": round(found.seconds, 1),
        "failures": [one._asdict() for one in found.failures],
        "over": found.over,
    }
