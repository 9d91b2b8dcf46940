# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The deletion of an object of a garden: refused while it is used, confirmed where Gardener demands it, waited for."""

from __future__ import annotations

import typing as t

from .._gardener import view
from .._gardener.change import called, place
from .._gardener.client import Garden, Object, Refusal
from .._gardener.described import CONFIRMATION
from .._gardener.errors import GardenError
from .._gardener.kinds import SHOOT, Kind
from .._gardener.refusals import MOST, explained
from .._gardener.waiting import Verdict
from .._k3s.gate import Failure


def refuse(kind: Kind, live: Object, confirmed: bool, used: t.Sequence[str]) -> None:
    """Raise GardenError with all that forbids to delete it. used: what hangs on it, each with its kind."""
    if "deletionTimestamp" in live["metadata"]:
        return
    found = [] if confirmed else ["deletion is not confirmed -> set 'confirm_deletion: true'"]
    if used:
        more = f" and {len(used) - MOST} more" if len(used) > MOST else ""
        found.append(f"it is used by {', '.join(used[:MOST])}{more} -> delete these first")
    if found:
        raise GardenError(f"{called(kind, live)}: {'; '.join(found)}. Nothing was changed")


def begin(garden: Garden, kind: Kind, live: Object, dry: bool, confirm: bool = False) -> bool:
    """Delete it, and return whether that had to be done. confirm: Gardener wants its annotation first.

    What a garden says of a deletion is only known once it is confirmed; one that it then refuses is not left confirmed.
    """
    metadata, where = live["metadata"], place(live)
    if "deletionTimestamp" in metadata:
        return False
    missing = confirm and (metadata.get("annotations") or {}).get(CONFIRMATION) != "true"
    if missing:
        change = {"annotations": {CONFIRMATION: "true"}, "uid": metadata["uid"]}
        garden.patch(kind, *where, {"metadata": change}, dry=dry)
        if dry:
            return True
    try:
        garden.delete(kind, *where, uid=metadata["uid"], dry=dry)
    except Refusal as error:
        if missing:
            garden.patch(kind, *where, {"metadata": {"annotations": {CONFIRMATION: None}}})
        raise GardenError(f"the garden refuses to delete {called(kind, live)}: {explained(error)}") from error
    return True


def difference(live: Object, changed: bool) -> Object:
    """Ansible's diff of a deletion."""
    return {"before": view.compared(live) if changed else {}, "after": {}}


def shoots(garden: Garden, uses: t.Callable[[Object], bool], namespace: str = "") -> list[str]:
    """The shoots, of one namespace or of all, for which something holds."""
    return [called(SHOOT, one) for one in garden.list(SHOOT, namespace) if uses(one)]


def gone(kind: Kind, uid: str, remedy: str) -> t.Callable[[Object | None], Verdict]:
    """What is still to come until an object is gone; another one of its name is not it."""

    def verdict(found: Object | None) -> Verdict:
        if found is None or found["metadata"]["uid"] != uid:
            return [], False
        held = ", ".join(found["metadata"].get("finalizers") or []) or "none"
        return [
            Failure(f"{called(kind, found)} is gone", f"it is there, with finalizers {held}", "none", remedy)
        ], False

    return verdict
