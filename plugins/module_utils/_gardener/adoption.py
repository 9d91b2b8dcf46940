# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Having what was applied on the client's side be ours alone."""

from __future__ import annotations

import typing as t

from . import ownership, refusals
from .client import Garden, Object, Refusal
from .kinds import Kind

T = t.TypeVar("T")

_TRIES = 5


def adopt(garden: Garden, kind: Kind, live: Object) -> Object:
    """Own what was applied on the client's side, have who did so own nothing of it, and return the object.

    Refused with status 409 where it has changed since it was read, lest it be taken back to what it was.
    """
    mine = ownership.former(live)
    mine["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"]
    shared = garden.apply(kind, mine, force=True)
    return garden.patch(kind, *_place(live), ownership.handed_over(shared))


def without_former(garden: Garden, kind: Kind, live: Object, manifest: Object, after: Object) -> Object:
    """What the garden would make of it once it is adopted, without what was applied before and is not described.

    Refused with status 409 where it has changed since it was read.
    """
    wanted = ownership.without(after, ownership.former(live), manifest)
    wanted["metadata"].pop("managedFields", None)
    wanted["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"]
    return garden.replace(kind, wanted, dry=True)


def settled(ask: t.Callable[[], T]) -> T:
    """Ask again, from reading on, what is refused since a controller has written meanwhile, as to a status."""
    for _try in range(_TRIES - 1):
        try:
            return ask()
        except Refusal as error:
            if not refusals.stale(error):
                raise
    return ask()


def _place(live: Object) -> tuple[str, str]:
    return live["metadata"].get("namespace", ""), live["metadata"]["name"]
