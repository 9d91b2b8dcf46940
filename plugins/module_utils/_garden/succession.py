# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a state that is kept is of the garden that is there, by the keys that only a rotation replaces. Pure."""

from __future__ import annotations

import datetime

from .._backup import garden_state
from .._backup.garden_state import Kept, Object

# By the field of a Garden's status that tells of its rotation, what nobody can make anew.
DECISIVE = {"certificateAuthorities": "certificate authority", "etcdEncryptionKey": "key of etcd"}
# As a rotation goes on; before the first one there is no phase.
_PHASES = ("", "Preparing", "Prepared", "Completing", "Completed")


def estranged(before: Kept, now: Kept) -> list[str]:
    """Of what the garden has nothing that is kept, though no rotation has replaced it. before: what is kept."""
    return [
        told
        for field, told in DECISIVE.items()
        if (kept := _keys(before, field)) and not kept & _keys(now, field) and not _rotated(before, now, field)
    ]


def ahead(before: Kept, now: Kept) -> list[str]:
    """Of what a rotation had gone further than the garden is now, each with both, as where that came back from a
    snapshot: what was encrypted since can be read with what is kept alone. before: what is kept."""
    here = {_identity(one): one for one in now.gardens}
    return [
        f"{field} {_told(one, field)}, and in the garden: {_told(here[_identity(one)], field)}"
        for one in before.gardens
        if _identity(one) in here
        for field in garden_state.ROTATED
        if _stage(one, field) > _stage(here[_identity(one)], field)
    ]


def _stage(garden: Object, field: str) -> tuple[datetime.datetime, int]:
    phase = garden_state.phases(garden).get(field, "")
    return _begun(garden, field), _PHASES.index(phase) if phase in _PHASES else 0


def _told(garden: Object, field: str) -> str:
    phase, begun = garden_state.phases(garden).get(field, ""), _begun(garden, field)
    return f"{phase} since {begun:%Y-%m-%dT%H:%M:%SZ}" if phase and begun.year > 1 else phase or "never rotated"


def _keys(kept: Kept, field: str) -> set[str]:
    names = garden_state.ROTATED[field]
    return {garden_state.digest(one) for one in kept.secrets if garden_state.purpose(one) in names}


def _rotated(before: Kept, now: Kept, field: str) -> bool:
    """Whether the same Garden has begun a rotation since: that of another one says nothing of these keys."""
    former = {_identity(one): _begun(one, field) for one in before.gardens}
    return any(_begun(one, field) > former[_identity(one)] for one in now.gardens if _identity(one) in former)


def _identity(garden: Object) -> tuple[str, str]:
    """Of an object that is kept without its UID: one of its name that is made anew is made later."""
    return garden["metadata"]["name"], garden_state.made(garden)


def _begun(garden: Object, field: str) -> datetime.datetime:
    credentials = (garden.get("status") or {}).get("credentials") or {}
    begun = ((credentials.get("rotation") or {}).get(field) or {}).get("lastInitiationTime")
    return datetime.datetime.fromisoformat(begun) if begun else datetime.datetime.min.replace(tzinfo=datetime.UTC)
