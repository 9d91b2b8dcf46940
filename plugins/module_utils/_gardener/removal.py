# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The deletion of a shoot: confirmed, and by force only where Gardener allows that."""

from __future__ import annotations

import typing as t

from .._k3s.gate import Failure
from . import seeds, status
from .client import Garden, Object, Refusal, Unreachable
from .described import CONFIRMATION, FORCE
from .errors import GardenError
from .kinds import MANAGED_SEED, SHOOT
from .operations import ANNOTATION, RETRY
from .refusals import explained

GARDEN = "garden"


def refuse(garden: Garden, live: Object, confirmed: bool, force: bool, wait: bool) -> None:
    """Raise GardenError with all that forbids to delete a shoot, or to force a deletion that is under way."""
    # Whether it may be forced is asked once; the errors that allowed it may be gone when a run is repeated.
    found = status.unforceable(live) if force and FORCE in change(live, force) else []
    if "deletionTimestamp" not in live["metadata"]:
        found += _undeletable(garden, live, confirmed)
    if wait:
        found += seeds.stopped(garden, live)
    if found:
        raise GardenError(f"{'; '.join(found)}. Nothing was changed")


def change(live: Object, force: bool) -> dict[str, str]:
    """The annotations that are missing."""
    wanted = {CONFIRMATION: "true", **({FORCE: "true"} if force else {})}
    there = live["metadata"].get("annotations") or {}
    return {key: value for key, value in wanted.items() if there.get(key) != value}


def begin(garden: Garden, live: Object, force: bool, dry: bool) -> bool:
    """Confirm and delete, and return whether that had to be done.

    The garden cannot tell what it would say of a deletion before that is confirmed. One that it then refuses is not
    left confirmed, unless somebody else has to approve of it. One that has failed is tried again.
    """
    metadata = live["metadata"]
    place, missing = (metadata["namespace"], metadata["name"]), change(live, force)
    going = "deletionTimestamp" in metadata
    if going:
        missing = {key: value for key, value in missing.items() if key == FORCE}
        if not force and _given_up(live):
            missing[ANNOTATION] = RETRY
    if missing:
        garden.patch(SHOOT, *place, {"metadata": {"annotations": missing, "uid": metadata["uid"]}}, dry=dry)
    if going or (dry and missing):
        return bool(missing) or not going
    try:
        garden.delete(SHOOT, *place, uid=metadata["uid"], dry=dry)
    except Refusal as error:
        if "another subject must perform the deletion" in error.said:
            raise GardenError(
                f"{explained(error)} -> it is confirmed; have somebody else run the same to delete it"
            ) from error
        if missing:
            _take_back(garden, live, missing, error)
        raise
    return True


def _take_back(garden: Garden, live: Object, confirmed: t.Collection[str], refusal: Refusal) -> None:
    """Leave a deletion that is refused unconfirmed, so that nobody begins it who has not been told to."""
    metadata = live["metadata"]
    change = {"metadata": {"annotations": dict.fromkeys(confirmed), "uid": metadata["uid"]}}
    try:
        garden.patch(SHOOT, metadata["namespace"], metadata["name"], change)
    except Unreachable as error:
        raise GardenError(
            f"{explained(refusal)}; and its confirmation could not be taken back ({error})"
            f" -> remove the annotation {CONFIRMATION}"
        ) from error


def _given_up(live: Object) -> bool:
    """Whether gardenlet has ended with the deletion, and nobody has asked for another try yet."""
    known, annotations = live.get("status") or {}, live["metadata"].get("annotations") or {}
    operation = known.get("lastOperation") or {}
    ended = (operation.get("type"), operation.get("state")) == (status.DELETE, status.FAILED)
    return ended and ANNOTATION not in annotations


def _undeletable(garden: Garden, live: Object, confirmed: bool) -> list[str]:
    found = [] if confirmed else ["deletion is not confirmed -> set 'confirm_deletion: true'"]
    operation = (live.get("status") or {}).get("lastOperation") or {}
    kind, state = operation.get("type"), operation.get("state")
    if kind == "Migrate" or (kind == "Restore" and state != status.SUCCEEDED):
        found.append(f"operation {kind} is {state} -> wait until its control plane has moved")
    return found + [
        f"ManagedSeed {GARDEN}/{name} makes a seed of it -> delete that first" for name in _seeds(garden, live)
    ]


def _seeds(garden: Garden, live: Object) -> list[str]:
    """The ManagedSeeds of a shoot, which there are for those of the namespace garden alone."""
    if live["metadata"]["namespace"] != GARDEN:
        return []
    try:
        found = garden.list(MANAGED_SEED, GARDEN)
    except Refusal as error:
        if error.status not in (403, 404):
            raise
        return []
    name = live["metadata"]["name"]
    return [one["metadata"]["name"] for one in found if (one["spec"].get("shoot") or {}).get("name") == name]


def verdict(shoot: Object | None, uid: str, generation: int, seed: Object | None = None) -> tuple[list[Failure], bool]:
    """What is still to come until it is gone, as C(status.judge) has it; another one of its name is not it."""
    if shoot is None or shoot["metadata"]["uid"] != uid:
        return [], False
    failures, over = status.judge(shoot, generation, (status.DELETE,), seed=seed)
    held = ", ".join(shoot["metadata"].get("finalizers") or [])
    return failures or [Failure("it is gone", f"finalizers {held}", "none", "see who has set them")], over
