# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects of a runtime cluster that are brought about by server-side apply, and what the API would make of them."""

from __future__ import annotations

import contextlib
import typing as t

from .._gardener import change, refusals
from .._gardener.change import Change
from .._gardener.client import Garden, Object, Refusal, Unreachable
from .._gardener.errors import GardenError
from .._k3s import objects
from .kinds import CONFIG_MAP, EXTENSION, GARDEN, MANAGED_RESOURCE, SECRET

_KINDS = {one.name: one for one in (CONFIG_MAP, EXTENSION, GARDEN, MANAGED_RESOURCE, SECRET)}
# The words of an API server whose kind, or namespace, is not there yet.
_ABSENT = 404


def planned(cluster: Garden, wanted: Object, force: bool, dry: bool) -> Change:
    """What applying an object would do. dry: nothing is going to be applied, so what it needs may be missing.

    Raises GardenError with the API's own reason.
    """
    kind = _KINDS[wanted["kind"]]
    try:
        # Nobody makes what it refers to beside this run, so nothing is waited for.
        found = change.previewed(cluster, kind, wanted, force, patient=False)
    except Refusal as error:
        if dry and error.status == _ABSENT:
            return Change(kind, None, wanted, wanted, force, [], refusals.explained(error))
        raise GardenError(_refused(wanted, error)) from None
    if found.unvalidated and not dry:
        raise GardenError(f"{objects.name(wanted)}: the API refuses it: {found.unvalidated}")
    return found


def apply_all(cluster: Garden, steps: t.Iterable[Change]) -> list[Object]:
    """Have them so one after the other, and return what is there. An error tells what was done before it."""
    made, done = [], list[Change]()
    with telling(done):
        for one in steps:
            made.append(_applied(cluster, one))
            done.append(one)
    return made


def names(steps: t.Iterable[Change]) -> list[str]:
    """Those that change."""
    return [objects.name(one.manifest) for one in steps if one.changed]


@contextlib.contextmanager
def telling(done: t.Sequence[Change]) -> t.Iterator[None]:
    """Have an error tell what was changed before it, if anything was."""
    try:
        yield
    except (GardenError, Unreachable) as error:
        if not (changes := names(done)):
            raise
        told = {"changed": True, "changes": changes, "diff": diff(done)}
        raise GardenError(str(error), told) from error


def diff(steps: t.Iterable[Change]) -> dict[str, Object]:
    """Of those that change, by their names."""
    some = [one for one in steps if one.changed]
    return {
        "before": {objects.name(one.manifest): one.before_shown for one in some if one.live is not None},
        "after": {objects.name(one.manifest): one.after_shown for one in some},
    }


def _applied(cluster: Garden, step: Change) -> Object:
    if not step.changed:
        return t.cast(Object, step.live)
    try:
        return change.written(cluster, step)
    except Refusal as error:
        raise GardenError(_refused(step.manifest, error)) from None


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
