# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mark of how a database has begun in this cluster: without data, or by a restore that was confirmed. Pure.

It is a ConfigMap beside the database, like that of a restore that is not confirmed.
"""

from __future__ import annotations

import datetime
import typing as t

FRESH, RESTORE = "fresh", "restore"


class Beginning(t.TypedDict):
    """how: FRESH or RESTORE. prefix: of its backups. cluster: the UID of the cluster.

    since: ISO 8601, in UTC like C(saved) of a manifest, so that they sort by time as they are.
    """

    how: str
    prefix: str
    cluster: str
    since: str


def called(name: str) -> str:
    return f"metal-database-began-{name}"


def new(how: str, prefix: str, cluster: str, moment: datetime.datetime) -> Beginning:
    return {"how": how, "prefix": prefix, "cluster": cluster, "since": moment.isoformat(timespec="seconds")}


def read(found: t.Mapping[str, t.Any] | None) -> Beginning | None:
    """found: the ConfigMap. One that does not say all of it says nothing."""
    data = (found or {}).get("data") or {}
    if not all(data.get(key) for key in Beginning.__required_keys__):
        return None
    return {"how": data["how"], "prefix": data["prefix"], "cluster": data["cluster"], "since": data["since"]}


def of(found: Beginning | None, prefix: str, cluster: str) -> dict[str, str] | None:
    """C(how) and C(since) where it tells of these backups and this cluster, not of another that it was copied from."""
    if found is None or (found["prefix"], found["cluster"]) != (prefix, cluster):
        return None
    return {"how": found["how"], "since": found["since"]}
