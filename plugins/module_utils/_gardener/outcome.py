# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operations of a shoot as a module is asked for them, and what it answers."""

from __future__ import annotations

import datetime
import typing as t

from .._k3s import gate
from . import operations, options, rotation, status
from .errors import GardenError
from .operating import Done, Operating, Written
from .operations import OPERATIONS, Wanted

__all__ = ["OPERATIONS", "of"]

Object = dict[str, t.Any]


def of(given: options.Given, check: bool) -> Object:
    """The result of the module with its C(warnings), and with C(msg) where it has failed.

    Raises GardenError for what is refused, and Unreachable where the garden does not answer.
    """
    operating = Operating(lambda: options.named(given), given["namespace"], given["name"], wanted(given))
    if given["written"]:
        return _waited(given, operating, Written(**given["written"]))
    shoot = operating.look()
    if given["deferred"] or check:
        written = operating.defer(shoot, check) if given["deferred"] else operating.predict(shoot)
        result = _result(shoot, written)
        if not given["deferred"]:
            result["diff"]["after"]["phases"] = {**written.phases, **rotation.ends(shoot, written.sent)}
        return {**result, "warnings": operating.warnings}
    return _waited(given, operating, Written(0, [], rotation.phases(shoot)))


def wanted(given: options.Given) -> Wanted:
    """What is wanted. Raises GardenError with all that contradicts itself."""
    wrong = []
    try:
        since = _time(given["since"])
    except ValueError:
        since = None
        wrong.append(f"since has {given['since']!r}; expected a time with its zone as 2026-11-30T12:00:00Z")
    names = tuple(dict.fromkeys(given["operations"]))
    asked = Wanted(names, given["phase"] or "", given["roll_workers"], tuple(given["pools"]), since)
    wrong += operations.contradictions(asked)
    if wrong:
        raise GardenError("; ".join(wrong))
    return asked


def _waited(given: options.Given, operating: Operating, before: Written) -> Object:
    done = operating.run(before, given["timeout"], given["wait"])
    result = {
        **_result(done.shoot, done.written),
        "waited": round(done.seconds, 1),
        "failures": [one._asdict() for one in done.failures],
        "over": done.over,
        "written": done.written._asdict(),
        "warnings": operating.warnings,
    }
    return {**result, "msg": _said(given, done)} if done.failures else result


def _said(given: options.Given, done: Done) -> str:
    # Without the seconds, which are those of the last slice.
    return f"shoot {given['namespace']}/{given['name']}: {gate.explain(done.failures)}"


def _result(shoot: Object, written: Written) -> Object:
    phases = rotation.phases(shoot) if shoot else written.phases
    return {
        "changed": bool(written.sent),
        "sent": written.sent,
        "phases": phases,
        "pools": rotation.pools(shoot) if shoot else [],
        "operation": status.operation(shoot) if shoot else {},
        "generation": shoot["metadata"]["generation"] if shoot else written.generation,
        "diff": {
            "before": {"operations": [], "phases": written.phases},
            "after": {"operations": written.sent, "phases": phases},
        },
    }


def _time(text: str) -> datetime.datetime | None:
    if not text:
        return None
    found = datetime.datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("no zone")
    return found
