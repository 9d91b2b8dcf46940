# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an apply of a shoot would do, asked of the garden without writing anything."""

from __future__ import annotations

import re
import typing as t

from .._k3s.objects import MANAGER
from . import adoption, confinement, floor, ownership, references, refusals, view, workers
from .client import Garden, Object, Refusal
from .described import Described
from .errors import GardenError
from .kinds import SHOOT

# What Gardener itself writes into a spec, and a description may take back: versions raised in maintenance, and
# hibernation by schedule.
GARDENER = "gardener-controller-manager"
_TAKEN = re.compile(r"\.version$|^\.spec\.hibernation\.enabled$")


class Plan(t.NamedTuple):
    """live: what is there, None without any. manifest: is applied. after: what the garden would make of it.

    force: fields are taken over from others, who are in taken. adopted: who has applied it on the client's side.
    kept: versions that are not lowered. unvalidated: why the garden was not asked, empty where it was.
    """

    live: Object | None
    manifest: Object
    after: Object
    force: bool
    taken: list[refusals.Conflict]
    adopted: list[str]
    kept: list[floor.Kept]
    effect: workers.Effect
    unvalidated: str

    @property
    def before_shown(self) -> Object:
        shown = view.compared(self.live)
        return {**shown, "managed by": self.adopted or "others"} if self._new_manager else shown

    @property
    def after_shown(self) -> Object:
        shown = view.compared(self.after) if self.live else view.preview(self.after, self.manifest)
        return {**shown, "managed by": MANAGER} if self._new_manager else shown

    @property
    def changed(self) -> bool:
        return self.before_shown != self.after_shown

    @property
    def confined(self) -> bool:
        """Whether what is written is only rolled out in the maintenance window."""
        return self.live is not None and confinement.confined(self.live, self.after)

    @property
    def _new_manager(self) -> bool:
        return self.live is not None and (bool(self.adopted) or not ownership.ours(self.live))


def planned(garden: Garden, described: Described, lowered: bool, force: bool, dry: bool) -> Plan:
    """lowered: versions are applied as described, though they are higher by now. dry: nothing is going to be written.

    Raises GardenError for what is refused, and Refusal for what the garden refuses.
    """
    live = garden.get(SHOOT, described.namespace, described.name)
    manifest = described.manifest(live)
    kept: list[floor.Kept] = []
    adopted: list[str] = []
    if live is not None:
        _refuse(live, manifest)
        adopted = ownership.client_side(live)
        if not lowered:
            manifest, kept = floor.raised(manifest, live, bool(adopted))
        # Nothing is created in place of one that somebody deletes meanwhile, nor written over what somebody raises.
        manifest["metadata"] |= {key: live["metadata"][key] for key in ("uid", "resourceVersion")}
    try:
        after, taken = references.known(lambda: _asked(garden, manifest, force, adopted), patient=not dry)
    except Refusal as error:
        # In check mode what a new shoot refers to may not be there yet, since nothing is made then.
        if not (dry and live is None and refusals.unknown(error)):
            raise
        nothing = workers.effect(None, manifest)
        return Plan(None, manifest, manifest, force, [], [], [], nothing, refusals.explained(error))
    if live is not None and adopted:
        after = adoption.without_former(garden, SHOOT, live, manifest, after)
    if live is not None and confinement.confined(live, after):
        for one in (manifest, after):
            one["metadata"].setdefault("annotations", {})[confinement.ANNOTATION] = confinement.note(live)
    effect = workers.effect(live, after)
    return Plan(live, manifest, after, force or bool(taken), taken, adopted, kept, effect, "")


def _asked(
    garden: Garden, manifest: Object, force: bool, adopted: t.Collection[str]
) -> tuple[Object, list[refusals.Conflict]]:
    """What the garden would make of it, and what of that is others' by now."""
    try:
        return garden.apply(SHOOT, manifest, dry=True), []
    except Refusal as error:
        found = refusals.conflicts(error)
        if not found or not (force or all(_may_take(one, adopted) for one in found)):
            raise
    taken = [one for one in found if one.manager not in adopted]
    return garden.apply(SHOOT, manifest, dry=True, force=True), taken


def _may_take(conflict: refusals.Conflict, adopted: t.Collection[str]) -> bool:
    return conflict.manager in adopted or (conflict.manager == GARDENER and bool(_TAKEN.search(conflict.field)))


def _refuse(live: Object, manifest: Object) -> None:
    if deleted := live["metadata"].get("deletionTimestamp"):
        raise GardenError(f"it is being deleted since {deleted}, and its spec is frozen -> wait until it is gone")
    wanted, found = manifest["spec"].get("seedName"), live["spec"].get("seedName")
    if wanted and wanted != found:
        raise GardenError(
            f"spec.seedName is {found or 'not set yet'}, not {wanted}: once a shoot is there, the garden ignores it."
            " Nothing was changed -> leave it out; a control plane is moved by way of shoots/binding"
        )
