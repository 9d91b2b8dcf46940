# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a datastore may start, and what a site begins with. Pure.

A datastore that starts in the wrong place loses data without a word: an empty one is backed up over a good one, an old
one goes on beside the one that was restored elsewhere.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from . import keys
from .errors import BackupError

START, FRESH, RESTORE = "start", "fresh", "restore"
K3S, POWERDNS = "k3s", "powerdns"

# What data of the past would do, and what to do about them.
_BESIDE = {
    K3S: "Started, it would act beside the restored cluster -> reset this host and let it enter anew",
    POWERDNS: "Served, its zones would be answers of the past, and others would follow them -> run reset on this host"
    " (--limit), which puts them aside, then bootstrap; one that is the primary needs promote_dns between the two",
}
_ANY_BESIDE = (
    "Started, they would be used beside those that were restored -> put them away, have this host forget them by the"
    " role backup (backup_state: absent), and let it begin anew"
)


class Record(t.NamedTuple):
    """What a host knows of the data on it: whose it is, and how often it was restored."""

    lineage: str
    generation: int


@dataclass(frozen=True)
class Answer:
    """newer: the generation that data of a former one were refused for; 0 without such a refusal."""

    allowed: bool
    reason: str
    alarm: bool = False
    newer: int = 0


class Local(t.NamedTuple):
    """What is on a host's disk: data, an unfinished restore; whether it would found a cluster, and was told to."""

    data: bool
    partial: bool = False
    founds: bool = False
    told_to_found: bool = False


def may_start(
    local: Local,
    record: Record | None,
    remote: t.Mapping[str, int] | None,
    second: t.Mapping[str, int] | None = None,
    peers: t.Mapping[str, int] | None = None,
    told: int = 0,
    component: str = K3S,
) -> Answer:
    """Whether what this host has of a component may start. remote: newest generation by lineage; None when unreachable.

    second: the same of the second object storage, where a site may have been restored from whose first one was lost.
    peers: the generation of each server that lives with the same lineage. told: the generation that these data were
    refused for before, given while a storage is silent; 0 for none.
    One who knows of a newer generation is enough for a refusal; that nobody answers is none.
    """
    if local.partial:
        return Answer(
            False, "a restore was cut off on this host, what it left is no data -> run bootstrap or restore again"
        )
    if not local.data and local.founds and not local.told_to_found:
        return Answer(
            False, "there is no data on this host, and nobody has said that it may found a cluster -> run bootstrap"
        )
    if not local.data:
        nothing = "it enters a cluster, or founds the one that was asked for" if component == K3S else "nothing is old"
        return Answer(True, f"there is no data on this host: {nothing}")
    if record is None:
        return Answer(True, "the data on this host was never backed up")
    mine = f"lineage {record.lineage}, generation {record.generation}"
    stored = max((known or {}).get(record.lineage, 0) for known in (remote, second))
    newer, who = _newer(record.generation, stored, peers or {}, told)
    if newer:
        beside = _BESIDE.get(component, _ANY_BESIDE)
        marker = keys.marker("<site>", record.lineage, newer)
        by = f" ({marker} says who has begun it, and when)" if newer == stored else ""
        reason = f"the data on this host ({mine}) is what was before a restore: {who} generation {newer}{by}. {beside}"
        return Answer(False, reason, newer=newer)
    if remote is None:
        others = ", ".join(sorted(one for one, lived in (peers or {}).items() if lived == record.generation))
        company = f", and is what {others} lives with" if others else ""
        reason = f"the object storage gives no answer; the data on this host is known ({mine}){company}"
        return Answer(True, reason, alarm=True)
    if record.lineage not in remote:
        others = ", ".join(sorted(remote)) or "none"
        return Answer(
            True,
            f"the object storage does not know the data on this host ({mine}); it knows {others}: it is another one, or"
            " was emptied. No backup is made before that is settled",
            alarm=True,
        )
    return Answer(True, f"the data on this host is the newest there is ({mine})")


def _newer(own: int, stored: int, peers: t.Mapping[str, int], told: int) -> tuple[int, str]:
    """A newer generation than the own one, and who knows of it; 0 when nobody does."""
    if stored > own:
        return stored, "the object storage has"
    for address, lived in sorted(peers.items()):
        if lived > own:
            return lived, f"{address} lives in"
    return told, "this host was told before of"


def refuse_second(lineage: str, others: t.Collection[str], where: str) -> None:
    """Raise when data that nobody has heard of lie beside backups of other data of the same kind."""
    if others:
        raise BackupError(
            f"the data on this host are of lineage {lineage}, which nobody has heard of, while {where} holds backups of"
            f" {', '.join(sorted(others))}: they were made anew from nothing, and are not backed up there -> run reset"
            " and restore to have the old ones back; what has nothing to do with them needs another name or bucket"
        )


def beginning(data: bool, intent: str, remote: t.Mapping[str, int], where: str) -> str:
    """What a site begins with: START what is on the hosts, FRESH, or RESTORE; raises when nobody has said which."""
    if data:
        return START
    if intent == RESTORE:
        if not remote:
            raise BackupError(
                f"no server has data, and {where} holds nothing to restore -> check endpoint, bucket and the name of"
                " the site; for a new site set site_recovery to fresh"
            )
        return RESTORE
    if remote:
        raise BackupError(
            f"no server has data, while {where} holds that of {', '.join(sorted(remote))} -> set site_recovery to"
            " restore; a site that has nothing to do with it needs another name or bucket"
        )
    if intent != FRESH:
        raise BackupError(
            f"neither the servers nor {where} have data of this site -> for a new site set site_recovery to fresh; if"
            " it is not new, check endpoint, bucket and the name of the site"
        )
    return FRESH
