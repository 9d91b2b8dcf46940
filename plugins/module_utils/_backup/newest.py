# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the records of the newest set of each component tell: its size and how it was verified and rehearsed."""

from __future__ import annotations

import datetime
import json
import typing as t

from .catalogue import CHECKSUMS, REHEARSED, BackupSet, Part
from .errors import BackupError, Unreachable
from .site import Site, now


def tell(site: Site, sets: t.Sequence[BackupSet], components: t.Iterable[str]) -> dict[str, dict[str, t.Any]]:
    """By component; sets are those of one lineage, oldest first. What cannot be read is left out."""
    found = {}
    for name in components:
        parts = [one.parts[name] for one in sets if name in one.parts]
        if parts:
            found[name] = _of(site, parts)
    return found


def _of(site: Site, parts: t.Sequence[Part]) -> dict[str, t.Any]:
    newest = parts[-1]
    (size, suspect), before = _manifest(site, newest), _manifest(site, parts[-2])[0] if len(parts) > 1 else None
    told: dict[str, t.Any] = {"set": newest.place.set, "bytes": size, "change": change(before, size)}
    # Once somebody has promoted it, it is not.
    told["suspect"] = [] if newest.promoted else suspect
    whole = newest.level >= CHECKSUMS and not newest.damaged
    told["verified"] = _record(site, newest, newest.level) if whole else None
    rehearsed = next((part for part in reversed(parts) if part.level >= REHEARSED), None)
    told["rehearsal"] = _record(site, rehearsed, REHEARSED) if rehearsed else None
    return told


def _manifest(site: Site, part: Part) -> tuple[int | None, list[str] | None]:
    """Its size, and what it holds less of than those before."""
    try:
        found = site.manifest(part.place)
    except Unreachable:
        raise
    except BackupError:
        return None, None
    return int(found["bytes"]), list(found.get("suspect") or [])


def _record(site: Site, part: Part, level: int) -> dict[str, t.Any] | None:
    """How a verification went: C(set), C(level), C(age), C(seconds) and C(host)."""
    try:
        return record(part, level, site.store.get(part.place.verified(level)), now())
    except Unreachable:
        raise
    except (BackupError, ValueError, KeyError, TypeError):
        return None


def record(part: Part, level: int, content: bytes, moment: datetime.datetime) -> dict[str, t.Any]:
    """The record of a verification, as it is told. Pure."""
    known = json.loads(content)
    age = round((moment - datetime.datetime.fromisoformat(known["at"])).total_seconds())
    return {
        "set": part.place.set, "level": level, "age": age, "seconds": known.get("seconds"), "host": known["host"]
    }  # fmt: skip


def change(before: int | None, after: int | None) -> float | None:
    """By which share a size has grown; negative where it has shrunk. Pure."""
    return round(after / before - 1, 3) if before and after is not None else None
