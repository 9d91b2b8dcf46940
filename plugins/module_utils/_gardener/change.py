# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an apply of some objects would do, asked of the garden without writing anything; and writing it."""

from __future__ import annotations

import typing as t

from .._k3s.objects import MANAGER
from . import adoption, ownership, references, refusals, view
from .client import Garden, Object, Refusal
from .errors import GardenError
from .kinds import Kind

_IMMUTABLE = " -> what is immutable is as it was created; describe it so, or delete the object and have it anew"


class Change(t.NamedTuple):
    """live: what is there, None without any. manifest: is applied. after: what the garden would make of it.

    force: fields are taken over from others. adopted: who has applied it on the client's side. unvalidated: why the
    garden could not judge it yet, empty where it could.
    """

    kind: Kind
    live: Object | None
    manifest: Object
    after: Object
    force: bool
    adopted: list[str]
    unvalidated: str

    @property
    def name(self) -> str:
        return called(self.kind, self.manifest)

    @property
    def before_shown(self) -> Object:
        shown = view.compared(self.live)
        return {**shown, "managed by": self.adopted or "others"} if self._new_manager else shown

    @property
    def after_shown(self) -> Object:
        shown = view.compared(self.after, self.live)
        return {**shown, "managed by": MANAGER} if self._new_manager else shown

    @property
    def changed(self) -> bool:
        return self.before_shown != self.after_shown

    @property
    def _new_manager(self) -> bool:
        return self.live is not None and (bool(self.adopted) or not ownership.ours(self.live))


def manifest(kind: Kind, name: str, namespace: str = "", **more: t.Any) -> Object:
    """An object as it is applied. more: its parts, C(labels) and C(annotations) among them; empty ones are left out."""
    metadata: Object = {"name": name, **({"namespace": namespace} if namespace else {})}
    for key in ("labels", "annotations"):
        if given := more.pop(key, None):
            metadata[key] = dict(given)
    return {"apiVersion": kind.version, "kind": kind.name, "metadata": metadata, **more}


def called(kind: Kind, found: Object) -> str:
    """Its kind and where it is."""
    return f"{kind.name} {'/'.join(part for part in place(found) if part)}"


def place(found: Object) -> tuple[str, str]:
    """Its namespace, empty where it is in none, and its name."""
    return found["metadata"].get("namespace", ""), found["metadata"]["name"]


def planned(garden: Garden, kind: Kind, wanted: Object, force: bool = False, patient: bool = True) -> Change:
    """What the garden would make of it.

    patient: what it refers to is waited for, as it was made a moment ago; without, what is not there yet may be made
    before it is written, so a new object that cannot be judged for that is not refused. Raises GardenError for what is
    refused.
    """
    try:
        return previewed(garden, kind, wanted, force, patient)
    except Refusal as error:
        raise _refused(kind, wanted, error) from error


def previewed(garden: Garden, kind: Kind, wanted: Object, force: bool = False, patient: bool = True) -> Change:
    """The same, which raises Refusal for what the garden refuses."""
    return adoption.settled(lambda: _previewed(garden, kind, wanted, force, patient))


def _previewed(garden: Garden, kind: Kind, wanted: Object, force: bool, patient: bool) -> Change:
    live, adopted, manifest = garden.get(kind, *place(wanted)), list[str](), wanted
    asked = manifest
    if live is not None:
        if deleted := live["metadata"].get("deletionTimestamp"):
            raise GardenError(f"{called(kind, wanted)} is being deleted since {deleted} -> wait until it is gone")
        adopted = ownership.client_side(live)
        # Nothing is created in place of one that somebody deletes meanwhile.
        manifest = {**wanted, "metadata": {**wanted["metadata"], "uid": live["metadata"]["uid"]}}
        # What a controller writes between both looks is no difference of ours.
        seen = {"resourceVersion": live["metadata"]["resourceVersion"]}
        asked = {**manifest, "metadata": {**manifest["metadata"], **seen}}
    try:
        after, taken = references.known(lambda: _asked(garden, kind, asked, force, adopted), patient)
    except Refusal as error:
        if patient or live is not None or not refusals.unknown(error):
            raise
        return Change(kind, None, manifest, manifest, force, [], refusals.explained(error))
    if live is not None and adopted:
        after = adoption.without_former(garden, kind, live, manifest, after)
    return Change(kind, live, manifest, after, force or taken, adopted, "")


def write(garden: Garden, changes: t.Iterable[Change], dry: bool) -> list[Object]:
    """Write what changes, in this order, and return what all have become; dry: what they would.

    Raises GardenError with C(changed) where one is refused after others were written.
    """
    found, changed = [], False
    for one in changes:
        if not one.changed or dry:
            found.append(one.after if dry or one.live is None else one.live)
            continue
        try:
            found.append(written(garden, one))
        except Refusal as error:
            raise _refused(one.kind, one.manifest, error, changed) from error
        changed = True
    return found


def differences(changes: t.Iterable[Change]) -> Object:
    """Ansible's diff of all that change, by their names."""
    some = [one for one in changes if one.changed]
    return {
        "before": {one.name: one.before_shown for one in some if one.live is not None},
        "after": {one.name: one.after_shown for one in some},
    }


def notes(changes: t.Iterable[Change]) -> list[str]:
    """What the user would want to know, though all is well."""
    return [f"{one.name} was not validated by the garden: {one.unvalidated}" for one in changes if one.unvalidated]


def written(garden: Garden, change: Change) -> Object:
    """Have it so, and return what is there. Raises Refusal for what the garden refuses."""
    if change.live is not None and change.adopted:
        there = change.live

        def adopted() -> Object:
            return adoption.adopt(garden, change.kind, garden.get(change.kind, *place(there)) or there)

        adoption.settled(adopted)
    return references.known(lambda: garden.apply(change.kind, change.manifest, force=change.force))


def _asked(garden: Garden, kind: Kind, wanted: Object, force: bool, adopted: t.Collection[str]) -> tuple[Object, bool]:
    """What it would become, and whether that takes fields from who has applied it on the client's side."""
    try:
        return garden.apply(kind, wanted, dry=True, force=force), False
    except Refusal as error:
        found = refusals.conflicts(error)
        if not found or not all(one.manager in adopted for one in found):
            raise
    return garden.apply(kind, wanted, dry=True, force=True), True


def _refused(kind: Kind, wanted: Object, error: Refusal, changed: bool = False) -> GardenError:
    """changed: others were written before."""
    told = {"changed": changed, "status": error.status, "reason": error.reason}
    remedy = _IMMUTABLE if "is immutable" in error.said else ""
    end = "" if changed else ". Nothing was changed"
    return GardenError(f"the garden refuses {called(kind, wanted)}: {refusals.explained(error)}{remedy}{end}", told)
