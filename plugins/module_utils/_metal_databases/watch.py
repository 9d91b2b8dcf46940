# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the object storage has of the databases of this server's cluster, and whether that is as it should be."""

from __future__ import annotations

import concurrent.futures
import datetime
import typing as t

from .._backup.errors import BackupError
from . import backups, found_here
from .client import Client
from .sidecars import Sidecar

_ASKERS = 8


def look(
    cluster: found_here.Objects,
    expected: t.Collection[str] = (),
    client: t.Callable[[t.Mapping[str, t.Any]], Client] = Client,
) -> list[dict[str, t.Any]]:
    """One of each, also of those expected that are not there: C(database), why it cannot be looked after (C(wrong)),
    C(waits), C(interval) (seconds, null where its schedule tells none), the age in seconds of its StatefulSet
    (C(created_age)) and why the storage gives no answer (C(unanswered)).

    Where the storage answers also how many backups there are (C(count)), and of the newest C(age), C(bytes), by which
    share it is larger than the one before (C(change)) and why it is not trusted (C(suspect)); of the newest manifest
    when it was C(saved), ISO 8601, and the age of that in seconds (C(saved_age)). What there is none of is null.
    Raises C(Unreachable) where the cluster gives no answer.
    """
    moment = datetime.datetime.now(datetime.UTC)
    there = found_here.found(cluster, expected)
    # At once, so that a storage that hangs costs its time-out only once.
    with concurrent.futures.ThreadPoolExecutor(_ASKERS) as pool:
        return list(pool.map(lambda each: _one(each, client, moment), there))


def _one(
    one: Sidecar, client: t.Callable[[t.Mapping[str, t.Any]], Client], moment: datetime.datetime
) -> dict[str, t.Any]:
    told: dict[str, t.Any] = {
        "database": one.name, "wrong": one.wrong, "waits": one.waits, "interval": one.interval,
        "created_age": _age(one.created, moment), "unanswered": "",
    }  # fmt: skip
    if one.wrong:
        return told
    try:
        return {**told, **_stored(one, client(one.storage), moment)}
    except BackupError as error:
        return {**told, "unanswered": str(error)}
    # An answer that nobody foresaw must not keep the others from being told.
    except Exception as error:  # pylint: disable=broad-exception-caught
        return {**told, "unanswered": f"{type(error).__name__}: {error}"}


def _stored(one: Sidecar, client: Client, moment: datetime.datetime) -> dict[str, t.Any]:
    found = backups.below(one.name, one.prefix, client, moment, 1)
    newest, known = found["newest"] or {}, found["sentinels"] or {}
    saved = known.get("saved", "")
    return {
        "count": found["count"], "age": newest.get("age"), "bytes": newest.get("bytes"), "change": found["change"],
        "suspect": found["suspect"], "saved": saved, "saved_age": _age(saved, moment),
    }  # fmt: skip


def _age(since: str, moment: datetime.datetime) -> int | None:
    return round((moment - datetime.datetime.fromisoformat(since)).total_seconds()) if since else None
