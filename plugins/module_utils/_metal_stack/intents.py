# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each database of a site's control plane is meant to begin with, where nobody has said it. Pure."""

from __future__ import annotations

import typing as t

from .._metal_databases.decision import RESTORE
from .components import chosen

Entry = t.Mapping[str, t.Any]


def complete(
    entries: t.Sequence[Entry], components: t.Sequence[str], intent: str, lost: t.Collection[str] = ()
) -> list[dict[str, t.Any]]:
    """An entry of C(databases) for each database that the components bring, and all others that are given.

    intent: of those that have none. lost: databases that a site which was restored has come back without, and that
    nobody else writes, since none of the hosts that were lost starts its data any more. What an entry says wins.
    """
    names = [one.database.name for one in chosen(components) if one.database]
    unnamed = [name for name in names if name not in [one.get("name") for one in entries]]
    wanted = [*entries, *({"name": name} for name in unnamed)]
    return [{**_usual(str(one.get("name")), intent, lost), **one} for one in wanted]


def _usual(name: str, intent: str, lost: t.Collection[str]) -> dict[str, t.Any]:
    return {"intent": RESTORE, "fenced": True, "lost": True} if name in lost else {"intent": intent}
