# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether gardener-operator is through with a Garden and with extensions, by what their statuses say. Pure.

After docs/operations/upgrade-gardener.md of Gardener 1.138, "Verify Readiness".
"""

from __future__ import annotations

import datetime
import typing as t

from .._gardener import status
from .._k3s.gate import Failure
from . import versions

Object = dict[str, t.Any]

OPERATION = "gardener.cloud/operation"
CONDITIONS = (
    "VirtualGardenAPIServerAvailable",
    "RuntimeComponentsHealthy",
    "VirtualComponentsHealthy",
    "ObservabilityComponentsHealthy",
)
# What an extension is wanted for, which says nothing of how it is.
INFORMATIVE = ("RequiredRuntime", "RequiredVirtual")
INSTALLED = "Installed"
_DEAD = ("Failed", "Aborted")


def garden(found: Object, generation: int, version: str, healthy: bool = True) -> tuple[list[Failure], bool]:
    """What does not hold yet of a Garden, and whether waiting is of no use.

    generation: of the object after the write, since the success of the operation before is still there. version: that
    has to have acted on it. healthy: all its conditions have to be true, too.
    """
    name, state = found["metadata"]["name"], found.get("status") or {}
    if deleted := found["metadata"].get("deletionTimestamp"):
        return [
            Failure(f"Garden {name} stays", f"deleted since {deleted}", "no deletion", "see who has deleted it")
        ], True
    unseen = _unseen(found, state, generation, version)
    if unseen:
        return unseen, False
    last = state.get("lastOperation") or {}
    if last.get("state") != status.SUCCEEDED:
        return [
            Failure(
                f"Garden {name} is reconciled", status.told(last), status.SUCCEEDED, "see what its last operation says"
            )
        ], last.get("state") in _DEAD
    return (_conditions(f"Garden {name}", state, CONDITIONS) if healthy else []), False


def extension(found: Object, generation: int) -> list[Failure]:
    """What does not hold yet of an Extension."""
    name, state = found["metadata"]["name"], found.get("status") or {}
    if (seen := state.get("observedGeneration", 0)) < generation:
        remedy = "see whether gardener-operator runs"
        return [Failure(f"Extension {name} is seen", f"generation {seen}", f"generation {generation}", remedy)]
    others = [one["type"] for one in state.get("conditions") or []]
    wanted = [INSTALLED, *(one for one in others if one not in (*INFORMATIVE, INSTALLED))]
    return _conditions(f"Extension {name}", state, wanted)


def blockers(objects: t.Sequence[Object], since: str) -> tuple[list[Failure], bool]:
    """Why records in the DNS and buckets will never be there, and whether that is so since a time (RFC 3339).

    Nobody tries these errors again before somebody acts, as may have been done since an older one. While an operation
    is under way, the error is that of the try before.
    """
    found, over = [], False
    for one in objects:
        state = one.get("status") or {}
        error, last = state.get("lastError") or {}, state.get("lastOperation") or {}
        final = [code for code in error.get("codes") or [] if code in status.FINAL_CODES]
        if last.get("state") != status.ERROR or not final:
            continue
        over = over or _later(last.get("lastUpdateTime"), since)
        said = " ".join(str(error.get("description", "")).split())
        remedy = _REMEDIES.get(one["kind"]) or ", ".join(status.FINAL_CODES[code] for code in final)
        called = f"{one['kind']} {one['metadata']['name']}"
        found.append(Failure(f"{called} is made", f"{said} [{', '.join(final)}]", "made", remedy))
    return found, over


def _later(moment: str | None, since: str) -> bool:
    """Whether a time is not before another one; the API knows whole seconds."""
    if not moment or not since:
        return True
    return datetime.datetime.fromisoformat(moment) >= datetime.datetime.fromisoformat(since).replace(microsecond=0)


_REMEDIES = {
    "DNSRecord": "see that its zone is there, which no extension makes, and that its Secret counts",
    "BackupBucket": "see that its Secret counts, and may use, or make, the bucket",
}


def unhealthy(found: Object) -> list[Failure]:
    """The conditions of a Garden that are false; one that is being looked at is not."""
    state = found.get("status") or {}
    false = [one["type"] for one in state.get("conditions") or [] if one.get("status") == "False"]
    return _conditions(f"Garden {found['metadata']['name']}", state, [one for one in CONDITIONS if one in false])


def operation(found: Object) -> Object:
    """The last operation of a Garden as a result has it, empty before there is one."""
    last = (found.get("status") or {}).get("lastOperation")
    if not last:
        return {}
    return {key: last.get(key) for key in ("type", "state", "progress", "description", "lastUpdateTime")}


def _unseen(found: Object, state: Object, generation: int, version: str) -> list[Failure]:
    """What gardener-operator of this version has not taken up yet."""
    name, last = found["metadata"]["name"], status.told(state.get("lastOperation") or {})
    remedy = "see whether gardener-operator runs, and what its log says"
    if (seen := state.get("observedGeneration", 0)) < generation:
        told = f"generation {seen} was seen last; {last}"
        return [Failure(f"Garden {name} is taken up", told, f"generation {generation}", remedy)]
    if version and versions.reconciled(found) != version:
        told = f"{versions.reconciled(found) or 'no version'} has acted on it last; {last}"
        return [Failure(f"Garden {name} is reconciled by Gardener {version}", told, version, remedy)]
    asked = (found["metadata"].get("annotations") or {}).get(OPERATION)
    if asked:
        return [Failure(f"Garden {name} takes its operation", f"{asked} is waiting; {last}", "none", remedy)]
    return []


def _conditions(called: str, state: Object, wanted: t.Sequence[str]) -> list[Failure]:
    known = {one["type"]: one for one in state.get("conditions") or []}
    found = []
    for name in wanted:
        one = known.get(name) or {}
        if one.get("status") != "True":
            seen = f"{one.get('status', 'unknown')}: {one.get('reason', '')}: {one.get('message', '')}"
            found.append(
                Failure(f"{called} has {name}", " ".join(seen.split()).strip(": "), "True", "see what it names")
            )
    return found
