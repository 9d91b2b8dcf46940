# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens when a database is deployed. Pure.

The sidecar decides by one thing: whether the data directory is empty (C(initializer.go)). If it is not, it starts what
is there and backs that up; if it is, it restores the newest of what it lists, and where it lists nothing it starts an
empty database and backs that up. So all else is decided here, before it runs.
"""

from __future__ import annotations

import datetime
import typing as t

from . import beginning, deployed, held, prefixes, schedule, sentinels
from .held import Held
from .sentinels import Manifest

# What the database is meant to begin with.
FRESH, RESTORE, KEEP = "fresh", "restore", "keep"
INTENTS = (FRESH, KEEP, RESTORE)
REFUSE = "refuse"
ABSENT, EMPTY, LOST_AND_FOUND, DATA, CUT = "absent", "empty", "lost+found", "data", "interrupted"


class Volume(t.NamedTuple):
    """What was found of a database in the cluster.

    exists: its volume. entries: names in the data directory, as the sidecar sees it. restoring: a restore was begun and
    not confirmed. running: the database answers, which matters where it has its data in memory alone, and where
    somebody may have written to it since it was restored. began: C(how) its data have begun here, and C(since) when,
    where that was marked. begun: the C(version) that is being restored, the C(cluster) where that was begun, whether
    the volume was C(made) for it, or had nothing before, whether it is C(unbroken), by the pod and the sidecar that
    have begun it, and whether it is C(untouched), since no database can have run on what it has brought back.
    """

    exists: bool
    entries: tuple[str, ...] = ()
    restoring: bool = False
    running: bool = False
    began: t.Mapping[str, str] | None = None
    begun: t.Mapping[str, t.Any] | None = None

    def state(self, engine: str) -> str:
        if self.restoring:
            return CUT
        if set(self.entries) - {LOST_AND_FOUND} or (self.running and engine == prefixes.VALKEY):
            # The sidecar removes dump.rdb with each backup; the next one is written when Valkey ends.
            return DATA
        if self.entries:
            return LOST_AND_FOUND
        return EMPTY if self.exists else ABSENT


class Wanted(t.NamedTuple):
    """What is wanted of a database.

    name: in metal-roles. floor: bytes that a backup has at least. version: the one to restore, which may be suspect;
    the newest without it. decrypts: whether the sidecar has a key. fenced: nobody else writes, whatever it looks like.
    cluster: whose it is. schedule: when its sidecars back up. without_sentinels: it is restored though nothing will
    tell whether it is whole. discard: a restore that was begun begins anew though the database may have been in use.
    """

    name: str
    engine: str
    prefix: str
    intent: str
    floor: int
    version: str = ""
    decrypts: bool = False
    fenced: bool = False
    cluster: str = ""
    schedule: str = "*/3 * * * *"
    without_sentinels: bool = False
    discard: bool = False


class Answer(t.NamedTuple):
    """action: one of the intents, or REFUSE; reasons: of a refusal. alarms: what somebody has to look after."""

    action: str
    reasons: list[str]
    alarms: list[str]


_FULL = "fresh, but it has backups: an empty database would be backed up over them -> say restore, or use another stage"
_THERE = "fresh, but its volume has data -> say keep"
_NOTHING = "restore, but it has no backup -> check endpoint, bucket, stage and prefix; for a new database say fresh"
_OVER = (
    "restore, but its volume has data: the sidecar would start them and restore nothing -> say keep, or {delete} first"
)
_BLOCKED = (
    "restore, but lost+found lies in its data directory: the sidecar takes that for data, restores nothing and backs up"
    " an empty database -> use a storage class whose volumes begin empty, or restore by hand"
)
_GONE = "keep, but its volume has no data, and it has no backup either -> for a new database say fresh"
_EMPTIED = "keep, but its volume has no data -> say restore"
_CUT = (
    "a restore was begun and not confirmed: the sidecar would take what is there for the whole -> say restore, which"
    " goes on where it was never cut short, and restores anew where nobody can have used what is there"
)
_ANSWERS = (
    "a restore was begun and not confirmed, its sidecar or its pod is another one since, and it answers: it may be a"
    " part of a backup, and somebody may have written to it -> see what it holds; to have it discarded and restored"
    " anew, say discard"
)
_SILENT = (
    "a restore was begun and not confirmed, its sidecar or its pod is another one since, and it does not answer now:"
    " nobody knows whether it was in use before, and what was written to it then -> see why it does not answer, and"
    " what its volume has; to have it discarded and restored anew, say discard"
)
_OLDER = (
    "a restore was begun and not confirmed, but not of what is its newest backup now, not in this cluster, or into a"
    " volume that nobody has seen empty: there may be more than a part of a backup -> see what it is; if nothing,"
    " {delete}, then say restore, or, where another backup was chosen, name its version and say discard"
)
_AGAIN = (
    "restore, but it was restored here and confirmed ({since}), so it is kept -> say keep; to restore it once more,"
    " {delete}"
)
_MEMORY = (
    "keep, but it has its data in memory alone, and no backup there: a pod that starts anew with this bucket would"
    " begin empty -> check endpoint, bucket and stage; to move to another bucket, copy its newest backup there first"
)
# A StatefulSet that is left makes the claim and the pod anew within seconds, and the sidecar restores unasked.
_DELETE = "delete StatefulSet {name}, and then claim {claim}"
# By intent and by what the volume has: what happens where there is no backup, and where there are some.
TABLE: dict[tuple[str, str], tuple[str, str]] = {
    (FRESH, ABSENT): (FRESH, _FULL),
    (FRESH, EMPTY): (FRESH, _FULL),
    (FRESH, LOST_AND_FOUND): (FRESH, _FULL),
    (FRESH, DATA): (_THERE, _THERE),
    (FRESH, CUT): (_CUT, _CUT),
    (RESTORE, ABSENT): (_NOTHING, RESTORE),
    (RESTORE, EMPTY): (_NOTHING, RESTORE),
    (RESTORE, LOST_AND_FOUND): (_NOTHING, _BLOCKED),
    (RESTORE, DATA): (_OVER, _OVER),
    # Only of the version that was begun, see C(decide).
    (RESTORE, CUT): (_NOTHING, RESTORE),
    (KEEP, ABSENT): (_GONE, _EMPTIED),
    (KEEP, EMPTY): (_GONE, _EMPTIED),
    (KEEP, LOST_AND_FOUND): (_GONE, _EMPTIED),
    (KEEP, DATA): (KEEP, KEEP),
    (KEEP, CUT): (_CUT, _CUT),
}


def decide(
    wanted: Wanted, volume: Volume, there: Held, known: Manifest | None, moment: datetime.datetime, quiet: int
) -> Answer:
    """What happens with one database. known: what is known of its newest good backup.

    quiet: seconds within which a backup that nobody here made shows that somebody else lives; at least those between
    three backups count.
    """
    outcome = TABLE[wanted.intent, volume.state(wanted.engine)][bool(there.own)]
    reasons = [] if outcome in INTENTS else [_said(outcome, wanted.name)]
    if outcome == RESTORE and volume.restoring and not goes_on(wanted, volume, there):
        reasons += _kept_from(wanted, volume, there)
    reasons += _strangers(wanted, there)
    if outcome == RESTORE:
        reasons += _unfit(wanted, there, known) + _alive(wanted, there, moment, quiet)
    if outcome == KEEP:
        reasons += _elsewhere(wanted, volume, known) + _in_memory(wanted, volume, there, moment)
    return Answer(
        REFUSE if reasons else outcome, reasons, [] if reasons else _alarms(wanted, outcome, there, known, moment)
    )


def meant(intent: str, volume: Volume, engine: str) -> str:
    """The intent, which was for the beginning: one that has begun so here, confirmed if restored, keeps its data."""
    begun = volume.began is not None and volume.began["how"] == intent
    return KEEP if begun and volume.state(engine) == DATA else intent


def kept(name: str, intent: str, volume: Volume, engine: str) -> list[str]:
    """What is told where a restore is asked for of one that was restored, since nothing is restored now."""
    if intent != RESTORE or meant(intent, volume, engine) != KEEP or volume.began is None:
        return []
    return [_said(_AGAIN, name, since=volume.began["since"])]


def goes_on(wanted: Wanted, volume: Volume, there: Held) -> bool:
    """Whether a restore that was begun goes on, so that what it has brought back is compared and nothing is cleared.

    One that nobody can have used yet begins anew: it may never come to its end as it was begun.
    """
    used = volume.running or not (volume.begun or {}).get("untouched")
    return used and not wanted.discard and _is_begun(wanted, volume, there, unbroken=True)


def _is_begun(wanted: Wanted, volume: Volume, there: Held, **more: bool) -> bool:
    """Whether it is the restore that was begun, in this cluster, of what still is the newest. more: what else it is."""
    if not (volume.restoring and wanted.cluster and there.own):
        return False
    begun = volume.begun or {}
    return {**begun, "cluster": wanted.cluster, "version": there.own[0].id, **more} == begun


def _kept_from(wanted: Wanted, volume: Volume, there: Held) -> list[str]:
    """What keeps a restore that was begun from beginning anew, in a volume of its own.

    If nobody has backed up since, then nobody has taken what is there for good. Somebody may have written to it all the
    same where it answers, and where it did before, which its silence does not tell.
    """
    # Whoever names another backup than the one that was begun knows what is newer, and gives up what is there.
    chosen = wanted.discard and wanted.version == there.own[0].id
    begun = {"version": wanted.version} if chosen else {}
    if not _is_begun(wanted, volume._replace(begun={**(volume.begun or {}), **begun}), there, made=True):
        return [_said(_OLDER, wanted.name)]
    if wanted.discard:
        return []
    if volume.running:
        return [_ANSWERS]
    return [] if _is_begun(wanted, volume, there, untouched=True) else [_SILENT]


def unseen(name: str, intent: str, volume: Volume, engine: str) -> list[str]:
    """What keeps a database from it whose backups cannot be looked at: what does with backups as well as without."""
    without, beside = TABLE[intent, volume.state(engine)]
    if volume.restoring:
        # Whether it is the same backup cannot be told.
        return [_said(_OLDER, name)]
    return [] if {without, beside} & {*INTENTS} else [_said(beside, name)]


def _said(outcome: str, name: str, since: str = "") -> str:
    return outcome.format(delete=_DELETE.format(name=name, claim=deployed.claim(name)), since=since)


def _strangers(wanted: Wanted, there: Held) -> list[str]:
    """The sidecar lists what begins with its prefix, and takes the newest of it for its own."""
    if not there.strange:
        return []
    keys = sorted({one.key for one in there.strange})
    return [
        f"the sidecar would also take {', '.join(keys[:3])}{' and others' * (len(keys) > 3)} for backups of its own,"
        f" since they begin with {wanted.prefix} -> use a stage whose name begins no other, or a bucket of its own"
    ]


def _unfit(wanted: Wanted, there: Held, known: Manifest | None) -> list[str]:
    """What keeps the backup from being the one to restore."""
    newest = there.own[0]
    found = []
    if wanted.version not in ("", newest.id):
        found.append(
            f"version {wanted.version} is not its newest, which the sidecar would restore ({newest.id}) -> have it be"
            " the newest with metal_database_backups, then name the copy's version"
        )
    if there.taken is None:
        found.append(
            f"the sidecar sees the first {held.PAGE} versions and markers alone, no backup among them, and would start"
            " an empty database -> remove old markers"
        )
    elif there.taken in there.own and there.taken != newest:
        found.append(
            f"the sidecar sees the first {held.PAGE} versions alone and would restore {there.taken.key} of"
            f" {there.taken.modified:%Y-%m-%d %H:%M} instead of {newest.key} -> copy the newest over that key, or"
            " remove old versions"
        )
    if newest.size < wanted.floor:
        found.append(
            f"its newest backup has {newest.size} bytes, expected {wanted.floor} or more -> have an older one be"
            " the newest with metal_database_backups"
        )
    if held.encrypted(newest) and not wanted.decrypts:
        found.append("its newest backup is encrypted -> give the sidecar the key that it was encrypted with")
    if not (wanted.without_sentinels or (known and sentinels.tells(known))):
        found.append(
            "nobody has saved what it holds, so that nothing would tell whether it comes back whole -> save its"
            " sentinels where it still runs; if it runs nowhere, say without_sentinels, and look into it afterwards"
        )
    small = held.suspect(there.own, known)
    if small and wanted.version != newest.id:
        found.append(
            f"its newest backup is suspect: {small} -> see what happened; when it is known why, name version"
            f" {newest.id}"
        )
    return found


def _alive(wanted: Wanted, there: Held, moment: datetime.datetime, quiet: int) -> list[str]:
    """Two who write make versions by turns, and what the newest holds is a matter of chance."""
    if wanted.fenced:
        return []
    longest = schedule.longest(wanted.schedule)
    if longest is None:
        return [
            f"how often schedule {wanted.schedule!r} backs up is not known here, so that another cluster may still"
            " write it -> stop that one and revoke its keys, then say fenced"
        ]
    # One that takes long or fails is no sign that nobody lives.
    quiet = max(quiet, 2 * longest)
    age = (moment - there.own[0].modified).total_seconds()
    if age >= quiet:
        return []
    return [
        f"its newest backup is {age:.0f} s old: another cluster may still write it -> stop that one and revoke its"
        f" keys, then wait until {quiet} s have passed, or say fenced"
    ]


def _elsewhere(wanted: Wanted, volume: Volume, known: Manifest | None) -> list[str]:
    if known is None or not (wanted.cluster and known["cluster"]) or wanted.cluster == known["cluster"]:
        return []
    if volume.began and volume.began["how"] == beginning.RESTORE and known["saved"] <= volume.began["since"]:
        # It was restored here since; sentinels of this cluster are saved with the first backup that it makes.
        return []
    return [
        f"cluster {known['cluster']} has it since {known['saved']}, this is {wanted.cluster}: two would write the same"
        " backups -> stop the one that is not to live, and have restored what is"
    ]


def _in_memory(wanted: Wanted, volume: Volume, there: Held, moment: datetime.datetime) -> list[str]:
    """Each backup removes the file of Valkey's data, so that one that has begun long ago was backed up elsewhere."""
    if wanted.engine != prefixes.VALKEY or there.own or set(volume.entries) - {LOST_AND_FOUND}:
        return []
    began, longest = volume.began, schedule.longest(wanted.schedule)
    if began and began["how"] == beginning.FRESH:
        age = (moment - datetime.datetime.fromisoformat(began["since"])).total_seconds()
        if longest is None or age <= 2 * longest:
            return []
    return [_MEMORY]


def _late(wanted: Wanted, newest: datetime.datetime, moment: datetime.datetime) -> list[str]:
    """A sidecar that is down, or on a schedule that never comes, backs up nothing and says nothing."""
    longest = schedule.longest(wanted.schedule)
    age = (moment - newest).total_seconds()
    if longest is None or age <= 2 * longest:
        return []
    return [
        f"its newest backup is {age:.0f} s old, expected {2 * longest} or less by schedule {wanted.schedule!r} -> see"
        " what its sidecar says"
    ]


def _alarms(wanted: Wanted, outcome: str, there: Held, known: Manifest | None, moment: datetime.datetime) -> list[str]:
    found = []
    if outcome == KEEP and not there.own:
        found.append("it has data and no backup: the bucket is another one, was emptied, or the first is not made yet")
    if outcome == KEEP and there.own and (small := held.suspect(there.own, known)):
        found.append(f"its newest backup is suspect: {small}")
    if outcome == KEEP and there.own:
        found += _late(wanted, there.own[0].modified, moment)
    if there.hidden:
        found.append(f"the sidecar does not see {there.hidden} of {len(there.own)} backups: it lists {held.PAGE} alone")
    return found
