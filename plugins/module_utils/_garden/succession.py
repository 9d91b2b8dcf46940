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


def estranged(before: Kept, now: Kept) -> list[str]:
    """Of what the garden has nothing that is kept, though no rotation has replaced it. before: what is kept."""
    return [
        told
        for field, told in DECISIVE.items()
        if (kept := _keys(before, field)) and not kept & _keys(now, field) and not _rotated(before, now, field)
    ]


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
