# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of a garden in a directory: what a new runtime cluster could not go on without, and bringing it back.

It has the form in which backup sets hold it (C(_backup.garden_files)), read by way of a kubeconfig, so that a garden in
any cluster can be kept, also in one of which no host is ours.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from .._backup import (
    garden_api,
    garden_files,
    garden_fit,
    garden_read,
    garden_restore,
    garden_state,
)
from .._backup.errors import BackupError, Damaged
from .._backup.garden_state import Kept
from .._gardener.client import Object
from .._gardener.errors import GardenError
from .._kube.client import Cluster
from . import succession
from .options import Given

DIRECTORY_MODE = 0o700
# Beneath the directory, what it had before the last change.
FORMER = "former"


def exported(given: Given, check: bool) -> Object:
    """Have the directory hold the state that the garden has now. Raises GardenError where it could not be restored."""
    directory, cluster = Path(given["path"]), _opened(given)
    gardens = garden_api.gardens(cluster) or []
    if not gardens:
        raise GardenError("there is no Garden on this cluster -> make it by gardener_garden first")
    unready = [why for why in map(garden_state.unready, gardens) if why]
    if unready:
        raise GardenError(f"{'; '.join(unready)}. Nothing was written")
    kept = garden_read.whole(cluster)
    lacking = list(garden_state.lacking(kept))
    if lacking:
        raise GardenError(
            f"the garden could not be restored from what is there: {'; '.join(lacking)} -> see what gardener-operator"
            " says of it. Nothing was written"
        )
    before = _read(directory)
    if before:
        _refuse(directory, before, kept)
    changed = before is None or _decisive(before) != _decisive(kept) or _loose(directory)
    if changed and not check:
        directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        directory.chmod(DIRECTORY_MODE)
        if before and _decisive(before) != _decisive(kept):
            _keep_former(directory, before)
        garden_files.write(directory, kept)
    return _result(kept, changed, before)


def compared(given: Given, _check: bool) -> Object:
    """Have nothing changed. Raises GardenError where a garden that is there could not be exported to the directory for
    what that has, or, where there is none, could not be brought here from it."""
    cluster, directory = _opened(given), Path(given["path"])
    if not garden_api.gardens(cluster):
        kept = _whole(directory)
        # Whatever else would be in its way is told once there is an operator.
        here = garden_read.here(cluster)._replace(gardens=[], operator=None, hooks=[])
        _fit(here, kept)
        return _result(kept, False, kept)
    before, kept = _read(directory), garden_read.whole(cluster)
    if before:
        _refuse(directory, before, kept)
    return _result(kept, False, before)


def imported(given: Given, check: bool) -> Object:
    """Have the cluster hold the state that the directory has. Raises GardenError where it must not."""
    cluster, kept = _opened(given), _whole(Path(given["path"]))
    if not garden_restore.differences(cluster, kept):
        return _result(kept, False, kept)
    _fit(garden_read.here(cluster), kept)
    if not check:
        garden_restore.run(cluster, kept)
        differs = garden_restore.differences(cluster, kept)
        if differs:
            raise GardenError(f"the cluster has not what was restored: {'; '.join(differs)}")
        garden_restore.let_go(cluster)
    return _result(kept, True, None)


def of(given: Given, check: bool) -> Object:
    """The result of the module. Raises GardenError, and Unreachable where the cluster does not answer."""
    try:
        return _STATES[given["state"]](given, check)
    except BackupError as error:
        raise GardenError(str(error)) from error


def _whole(directory: Path) -> Kept:
    """What can be restored. Raises GardenError where that is not all of a garden."""
    try:
        kept = garden_files.read(directory)
    except Damaged as error:
        raise GardenError(f"{directory}: {error}") from None
    lacking = list(garden_state.lacking(kept))
    if lacking or not kept.gardens:
        why = "; ".join(lacking) or "there is no Garden in it"
        raise GardenError(f"no garden can be restored from {directory}: {why}")
    return kept


def _fit(here: garden_fit.Here, kept: Kept) -> None:
    """Raise GardenError where what is there is in the way of what is kept."""
    if wrong := list(garden_fit.refusals(here, _told(kept))):
        raise GardenError(f"no garden is restored here: {'; '.join(wrong)}. Nothing was changed")


def _refuse(directory: Path, before: Kept, kept: Kept) -> None:
    """Raise GardenError where what is kept (before) could not be replaced by what the cluster has."""
    if ahead := succession.ahead(before, kept):
        raise GardenError(
            f"{directory} has a later state than the garden, which came back without what was rotated since:"
            f" {'; '.join(ahead)} -> restore the cluster from a set that was made after that, or move {directory} away"
            " if nothing was written to the garden since. Nothing was written"
        )
    if strange := succession.estranged(before, kept):
        raise GardenError(
            f"{directory} has the state of another garden, and may be the only copy of its keys: this one has no"
            f" {', and no '.join(strange)} of those there, and no rotation explains it -> bring it to a cluster"
            " without a garden by state: imported, or take another path, or move it away once nobody needs it."
            " Nothing was written"
        )


_STATES = {"exported": exported, "imported": imported, "compared": compared}


def _opened(given: Given) -> Cluster:
    return Cluster(given["kubeconfig"], given["context"])


def _read(directory: Path) -> Kept | None:
    """What is there already; None where that is nothing, or a first export that was cut off."""
    try:
        return garden_files.read(directory)
    except Damaged as error:
        if not all((directory / name).exists() for name in garden_files.FILES.values()):
            return None
        raise GardenError(
            f"{directory} has a state that cannot be compared with the garden's: {error.args[0].partition(' -> ')[0]}"
            " -> move it away, or take another path. Nothing was written"
        ) from None


def _keep_former(directory: Path, before: Kept) -> None:
    """What is replaced, unless it could not be restored, as what an export that was cut off has left."""
    if list(garden_state.lacking(before)):
        return
    former = directory / FORMER
    former.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
    garden_files.write(former, before)


def _loose(directory: Path) -> bool:
    """Whether others may read it."""
    paths = [directory, *(directory / name for name in garden_files.FILES.values())]
    return any(one.stat().st_mode & 0o077 for one in paths)


def _decisive(kept: Kept) -> Object:
    """What a restore would go by: the conditions of a Garden change all the time."""
    gardens = [{**one, "status": garden_state.status_of(one)} for one in kept.gardens]
    return {**kept._asdict(), "gardens": gardens}


def _told(kept: Kept) -> Object:
    """What a manifest of a set says of it."""
    gardens = {
        one["metadata"]["name"]: {
            "gardener": ((one.get("status") or {}).get("gardener") or {}).get("version", ""),
            "rotation": garden_state.phases(one),
        }
        for one in kept.gardens
    }
    return {"operator": "", "gardens": gardens, "state": garden_state.state(kept.secrets)}


def _result(kept: Kept, changed: bool, before: Kept | None) -> Object:
    told = {**_told(kept), "counts": kept.counts()}
    former = {**_told(before), "counts": before.counts()} if before else {}
    diff = {"before": former, "after": told} if changed else {"before": {}, "after": {}}
    return {
        "changed": changed,
        "gardens": told["gardens"],
        "counts": told["counts"],
        "digest": _digest(kept),
        "diff": diff,
    }


def _digest(kept: Kept) -> str:
    """By which one state is told from another. The keys in it are random, so that nobody guesses the rest by it."""
    return hashlib.sha256(json.dumps(_decisive(kept), sort_keys=True).encode()).hexdigest()
