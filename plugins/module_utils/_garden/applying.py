# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects of a runtime cluster that are brought about by server-side apply, and what the API would make of them."""

from __future__ import annotations

import contextlib
import typing as t

from .._gardener import refusals
from .._gardener.client import Garden, Object, Refusal, Unreachable
from .._gardener.errors import GardenError
from .._k3s import objects
from .kinds import CONFIG_MAP, EXTENSION, GARDEN, MANAGED_RESOURCE, SECRET, Kind

_KINDS = {one.name: one for one in (CONFIG_MAP, EXTENSION, GARDEN, MANAGED_RESOURCE, SECRET)}
# What gardener-operator, and who requests tokens, note for themselves and wants no one to keep.
_NOTED = ("serviceaccount.resources.gardener.cloud/token-renew-timestamp",)
# The words of an API server whose kind, or namespace, is not there yet.
_ABSENT = 404


class Step(t.NamedTuple):
    """wanted: is applied. before, after: the object, as it is and as the API would make it. unvalidated: why it was not
    asked, empty where it was."""

    kind: Kind
    wanted: Object
    before: Object | None
    after: Object
    unvalidated: str = ""

    @property
    def name(self) -> str:
        return objects.name(self.wanted)

    @property
    def before_shown(self) -> Object:
        return _shown(self.before)

    @property
    def after_shown(self) -> Object:
        return _shown(self.after, self.before)

    @property
    def changed(self) -> bool:
        return _compared(self.before) != _compared(self.after)


def planned(cluster: Garden, wanted: Object, force: bool, dry: bool) -> Step:
    """What applying an object would do. dry: nothing is going to be applied, so what it needs may be missing.

    Raises GardenError with the API's own reason.
    """
    kind = _KINDS[wanted["kind"]]
    metadata = wanted["metadata"]
    try:
        before = cluster.get(kind, metadata.get("namespace", ""), metadata["name"])
        return Step(kind, wanted, before, cluster.apply(kind, wanted, dry=True, force=force))
    except Refusal as error:
        if dry and error.status == _ABSENT:
            return Step(kind, wanted, None, wanted, refusals.explained(error))
        raise GardenError(_refused(wanted, error)) from None


def apply(cluster: Garden, step: Step, force: bool) -> Object:
    """Have it so, if it is not, and return what is there."""
    if not step.changed:
        return t.cast(Object, step.before)
    try:
        return cluster.apply(step.kind, step.wanted, force=force)
    except Refusal as error:
        raise GardenError(_refused(step.wanted, error)) from None


def apply_all(cluster: Garden, steps: t.Iterable[Step], force: bool) -> list[Object]:
    """Have them so one after the other, and return what is there. An error tells what was done before it."""
    made, done = [], list[Step]()
    with telling(done):
        for one in steps:
            made.append(apply(cluster, one, force))
            done.append(one)
    return made


@contextlib.contextmanager
def telling(done: t.Sequence[Step]) -> t.Iterator[None]:
    """Have an error tell what was changed before it, if anything was."""
    try:
        yield
    except (GardenError, Unreachable) as error:
        changes = [one.name for one in done if one.changed]
        if not changes:
            raise
        raise GardenError(str(error), {"changed": True, "changes": changes, "diff": diff(done)}) from error


def diff(steps: t.Iterable[Step]) -> dict[str, Object]:
    """Of those that change, by their names."""
    changed = [one for one in steps if one.changed]
    return {
        "before": {one.name: one.before_shown for one in changed if one.before},
        "after": {one.name: one.after_shown for one in changed},
    }


def _refused(wanted: Object, error: Refusal) -> str:
    if error.status == _ABSENT and error.reason != "NotFound":
        return (
            f"{objects.name(wanted)}: the API knows no {wanted['kind']} yet -> install gardener-operator first, whose"
            " chart defines it"
        )
    if wanted["kind"] == SECRET.name and not refusals.conflicts(error):
        # Whatever else it says may be out of the Secret.
        return f"{objects.name(wanted)}: the API refuses it: {error.status} {error.reason}"
    return f"{objects.name(wanted)}: the API refuses it: {refusals.explained(error)}"


def _compared(found: Object | None) -> Object:
    """All that somebody has wanted of an object, and what a Secret holds."""
    if found is None:
        return {}
    shown = objects.shown(found)
    if found["kind"] == SECRET.name:
        shown["data"] = found.get("data") or {}
    return _without_notes(shown)


def _shown(found: Object | None, before: Object | None = None) -> Object:
    return _without_notes(objects.shown(found, before))


def _without_notes(shown: Object) -> Object:
    metadata = shown.get("metadata") or {}
    annotations = {key: text for key, text in (metadata.get("annotations") or {}).items() if key not in _NOTED}
    kept = {key: value for key, value in metadata.items() if key != "annotations"}
    return {**shown, "metadata": {**kept, **({"annotations": annotations} if annotations else {})}} if shown else {}
