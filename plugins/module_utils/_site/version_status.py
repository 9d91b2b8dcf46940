# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which versions of k3s run, beside what the inventory wants and what could follow."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import releases

Row = t.Mapping[str, t.Any]


def describe(rows: t.Sequence[Row], wanted: str, known: t.Iterable[str]) -> dict[str, t.Any]:
    """Return the version that is wanted, the newest that may follow, who has a newer one, and what upgrade would do.

    C(rows) are those of the hosts, C(known) the versions whose checksums somebody has. An upgrade takes servers before
    agents, and the one that leads etcd as the last server.
    """
    having = [row for row in rows if row["version"]]
    behind = [row for row in having if releases.is_older(row["version"], wanted)]
    oldest = min((row["version"] for row in having), key=releases.numbers, default="")
    follow = [version for version in known if oldest and not releases.skips_minor(oldest, version)]
    newest = max([*follow, *(row["version"] for row in having)], key=releases.numbers, default="")
    behind.sort(key=lambda row: (row["role"] != "server", row["leader"] is True))
    return {
        "wanted": wanted,
        "newest": newest,
        "newer": [row["host"] for row in having if releases.is_older(wanted, row["version"])],
        "upgrades": [{"host": row["host"], "from": row["version"], "to": wanted} for row in behind],
    }
