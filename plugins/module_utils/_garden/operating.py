# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking a Garden for an operation, and waiting until it has succeeded, whoever began it."""

from __future__ import annotations

import datetime
import functools
import time
import typing as t

from .._gardener import refusals, waiting
from .._gardener.client import Garden, Object, Refusal, Unreachable
from .._gardener.errors import GardenError
from .._gardener.rotation import Step
from .._k3s import gate
from .._k3s.gate import Failure
from . import facts, options, rotation, status, versions
from .kinds import GARDEN
from .options import Given
from .rotation import Wanted

_CONFLICT = 409
# gardener-operator writes between a look and what follows from it, as it does all the time.
_TRIES = 5
_PAUSE = 1.0


def of(given: Given, check: bool) -> Object:
    """The result of the module with its C(warnings), and with C(msg) where it has failed.

    Raises GardenError for what is refused, and Unreachable where the runtime cluster does not answer.
    """
    wanted = _wanted(given)
    cluster = options.opened(given)
    if check:
        garden = _found(cluster, given)
        send = _step(garden, wanted, [], given).send
        if send and not _awaited(garden):
            _patch(cluster, given, garden, send, dry=True)
        return {**_result(garden, [send] if send else [], rotation.phases(garden)), "warnings": cluster.warnings}
    written = given["written"] or {"sent": [], "phases": rotation.phases(_found(cluster, given))}
    sent = list(written["sent"])
    try:
        done = _run(cluster, given, wanted, sent)
    except (GardenError, Unreachable) as error:
        if not sent:
            raise
        raise GardenError(str(error), {"changed": True, "sent": sent}) from error
    result = {
        **_result(done.garden, done.sent, written["phases"]),
        "waited": round(done.seconds, 1),
        "failures": [one._asdict() for one in done.failures],
        "over": done.over,
        "written": {"sent": done.sent, "phases": written["phases"]},
        "warnings": cluster.warnings,
    }
    if done.failures:
        result["msg"] = f"Garden {given['name']}: {gate.explain(done.failures)}"
    return result


class _Done(t.NamedTuple):
    """garden: as it was seen last. sent: what it was asked for so far. over: waiting longer is of no use."""

    garden: Object
    sent: list[str]
    failures: list[Failure]
    over: bool
    seconds: float


def _run(cluster: Garden, given: Given, wanted: Wanted, sent: list[str]) -> _Done:
    """Ask for what comes next until all has been done. sent: is added to."""
    begin, conflicts = time.monotonic(), 0
    while True:
        left = max(0.0, given["timeout"] - (time.monotonic() - begin))
        judge = functools.partial(_verdict, wanted=wanted, sent=sent, given=given)
        found = waiting.polled(lambda: options.opened(given), left, lambda opened: _found(opened, given), judge)
        seconds = time.monotonic() - begin
        if found.failures:
            return _Done(found.found or {}, sent, found.failures, found.over, seconds)
        send = _step(found.found, wanted, sent, given).send
        if not send:
            return _Done(found.found, sent, [], False, seconds)
        try:
            _patch(cluster, given, found.found, send)
        except Refusal:
            conflicts += 1
            if conflicts == _TRIES:
                raise
            time.sleep(_PAUSE)
            continue
        conflicts = 0
        sent.append(send)


def _verdict(garden: Object, wanted: Wanted, sent: list[str], given: Given) -> waiting.Verdict:
    """What has to come before the next step, or before the end."""
    step = _step(garden, wanted, sent, given)
    # What somebody else has asked for is taken up first.
    failures, over = status.garden(garden, 0, "", healthy=given["healthy"] and not step.send)
    if step.send:
        failures = [one for one in (*failures, rotation.encrypting(garden, wanted)) if one]
    return [*failures, *([step.awaits] if step.awaits else [])], over


def _step(garden: Object, wanted: Wanted, sent: list[str], given: Given) -> Step:
    step = rotation.following(garden, wanted, bool(sent))
    if step.refused:
        raise GardenError(f"Garden {given['name']}: {step.refused}")
    return step


def _found(cluster: Garden, given: Given) -> Object:
    garden = facts.find(cluster, GARDEN, "", given["name"])
    if garden is None:
        raise GardenError(f"there is no Garden {given['name']} -> make it by gardener_garden first")
    if deleted := garden["metadata"].get("deletionTimestamp"):
        raise GardenError(f"Garden {given['name']} is being deleted since {deleted}")
    return garden


def _awaited(garden: Object) -> str:
    return str((garden["metadata"].get("annotations") or {}).get(status.OPERATION) or "")


def _patch(cluster: Garden, given: Given, garden: Object, send: str, dry: bool = False) -> None:
    """Raises Refusal where somebody has written meanwhile, and GardenError for any other."""
    try:
        cluster.patch(GARDEN, "", given["name"], rotation.change(garden, send), dry)
    except Refusal as error:
        if error.status == _CONFLICT:
            raise
        told = refusals.explained(error)
        raise GardenError(f"Garden {given['name']} cannot be asked for {send}: {told}") from error


def _wanted(given: Given) -> Wanted:
    """What is wanted. Raises GardenError with all that contradicts itself."""
    wrong, since = [], None
    if given["since"]:
        try:
            since = datetime.datetime.fromisoformat(given["since"])
        except ValueError:
            since = None
        if since is None or since.tzinfo is None:
            wrong.append(f"since has {given['since']!r}; expected a time with its zone as 2026-11-30T12:00:00Z")
    wanted = Wanted(given["operation"], given["phase"] or "", since)
    wrong += rotation.contradictions(wanted)
    if wrong:
        raise GardenError(f"{'; '.join(wrong)}. Nothing was changed")
    return wanted


def _result(garden: Object, sent: list[str], before: dict[str, str]) -> Object:
    phases = rotation.phases(garden) if garden else before
    return {
        "changed": bool(sent),
        "sent": sent,
        "phases": phases,
        "operation": status.operation(garden) if garden else {},
        "gardener": versions.reconciled(garden),
        "diff": {"before": {"operations": [], "phases": before}, "after": {"operations": sent, "phases": phases}},
    }
