# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A restore begun, cleared and confirmed, and a database begun without data, by way of the cluster."""

from __future__ import annotations

import datetime
import typing as t

from .._kube.kinds import CLAIM, CONFIG_MAP, POD, STATEFUL_SET
from .._kube.namespace import Namespace
from . import beginning, deployed, inside, kept, marker
from .beginning import Beginning
from .errors import DatabaseError
from .marker import Marker

# What is deleted of a restore, by its kind.
Left = dict[str, str]


class Outcome(t.NamedTuple):
    """The mark of the restore that is not confirmed, or of the beginning without data, before and after.

    Of what was cleared, the names of what was there and is there, by kind. None where there is none.
    """

    before: Marker | Beginning | Left | None
    after: Marker | Beginning | Left | None


def act(given: t.Mapping[str, t.Any], cluster: Namespace, moment: datetime.datetime, writes: bool) -> Outcome:
    """given: the options of the module metal_database_restore."""
    name = given["name"]
    if given["state"] == beginning.FRESH:
        return _fresh(name, given["prefix"], cluster, moment, writes)
    found = cluster.get(CONFIG_MAP, marker.called(name))
    before = marker.read(found.get("data")) if found else None
    if given["state"] == marker.CLEARED:
        return _clear(given, before, cluster, writes)
    if given["state"] == marker.CONFIRMED:
        if before and writes:
            _confirm(name, given["prefix"], cluster, moment)
        return Outcome(before, None)
    identity = cluster.identity()
    if before and (before["version"], before["cluster"]) == (given["version"], identity):
        return _again(name, before, cluster, writes)
    claim = _claim(name, cluster)
    if before and claim and not (given["discard"] and before["cluster"] == identity):
        raise DatabaseError(
            f"{name} has a volume that another restore was begun with (version {before['version']}, cluster"
            f" {before['cluster']}) -> see what is there; if nothing, delete StatefulSet {name}, and then claim"
            f" {deployed.claim(name)}"
        )
    after = marker.new(given["version"], identity, claim, moment, empty=given["empty"])
    if before and claim:
        # Its volume is what it was for the other one, and given up with that unless it was there before.
        after = {**after, "claim": "" if before["empty"] else before["claim"], "empty": before["empty"]}
    if writes:
        cluster.keep(CONFIG_MAP, marker.called(name), after)
    return Outcome(before, after)


def _again(name: str, before: Marker, cluster: Namespace, writes: bool) -> Outcome:
    """Begun before. What is in a claim that was empty has come by that, so it is given up like one made for it."""
    after: Marker = {**before, "claim": ""} if before["empty"] else before
    if writes and after != before:
        cluster.keep(CONFIG_MAP, marker.called(name), after)
    return Outcome(before, after)


def _clear(given: t.Mapping[str, t.Any], before: Marker | None, cluster: Namespace, writes: bool) -> Outcome:
    """Delete what a restore that nobody has confirmed has left: nothing but a part of a backup, or a copy of it.

    What somebody can have used since is deleted with the word C(discard) alone. That is looked at here once more: what
    was still restoring when it was decided may answer by now. A claim that was there before it stays, since its volume
    may have more than the data directory, unless it was empty and the restore is begun again. Where one that stays has
    data, nothing may restore into it; where it has nothing at all, it was empty from here on.
    """
    name, version = given["name"], given["version"]
    ours = {"version": version, "cluster": cluster.identity()}
    # In check mode nobody has begun it again.
    again = before is not None and not writes and bool(before["empty"])
    # What is there while no restore is marked was there before it.
    made = before is not None and (again or _claim(name, cluster) != before["claim"])
    left = _left(name, cluster, made)
    # In check mode it was not begun either.
    begins = not writes and (before is None or CLAIM not in left)
    if not begins and (before is None or {"version": before["version"], "cluster": before["cluster"]} != ours):
        raise DatabaseError(
            f"{name} has no restore of version {version} that was begun in this cluster, so that what it has is not"
            f" known to be a part of that -> begin it first; found {before or 'no mark'}"
        )
    if writes and before:
        if made:
            _refuse_used(given, before, cluster)
            # Who goes on with this after it was cut off sees no pod any more that could tell it.
            cluster.keep(CONFIG_MAP, marker.called(name), {**before, "discarded": "true"})
        stays = kept.Kept(name, given["engine"], given["reader_image"], cluster)
        # A StatefulSet that is left makes claim and pod anew; a claim stays while a pod has it.
        cluster.remove(STATEFUL_SET, name)
        cluster.end(POD, deployed.pod(name))
        after: Marker = {**before, "pod": "", "discarded": ""}
        if made:
            cluster.end(CLAIM, deployed.claim(name))
        elif stays.refuse_data():
            after["empty"] = marker.EMPTY
        if made or after != before:
            cluster.keep(CONFIG_MAP, marker.called(name), after)
    return Outcome(left or None, None)


def _refuse_used(given: t.Mapping[str, t.Any], begun: Marker, cluster: Namespace) -> None:
    """Raise where it answers, and where it may have been in use before; a claim without a volume never was."""
    name, engine = given["name"], given["engine"]
    claim, pod = cluster.get(CLAIM, deployed.claim(name)), cluster.get(POD, deployed.pod(name))
    if given["discard"] or claim is None or claim.get("status", {}).get("phase") == "Pending":
        return
    silent = inside.idle(cluster, name, engine, pod)
    if silent and inside.untouched(cluster, name, engine, begun, inside.names(cluster, name, engine, pod)):
        return
    raise DatabaseError(
        f"{name} {f'does not answer ({silent}), but it may have answered before' if silent else 'answers'}, so that"
        " something may have been written to it since its restore was begun -> say restore again, which compares it"
        " where nothing has cut that short; to have it discarded, say discard"
    )


def _claim(name: str, cluster: Namespace) -> str:
    """The UID of the claim of its data; empty without."""
    found = cluster.get(CLAIM, deployed.claim(name))
    return str(found["metadata"]["uid"]) if found else ""


def _left(name: str, cluster: Namespace, made: bool) -> Left:
    there = {STATEFUL_SET: name, POD: deployed.pod(name), **({CLAIM: deployed.claim(name)} if made else {})}
    return {kind: called for kind, called in there.items() if cluster.get(kind, called) is not None}


def _confirm(name: str, prefix: str | None, cluster: Namespace, moment: datetime.datetime) -> None:
    """Until both are done the restore is not confirmed."""
    if prefix:
        began = beginning.new(beginning.RESTORE, prefix, cluster.identity(), moment)
        cluster.keep(CONFIG_MAP, beginning.called(name), began)
    cluster.remove(CONFIG_MAP, marker.called(name))


def _fresh(name: str, prefix: str, cluster: Namespace, moment: datetime.datetime, writes: bool) -> Outcome:
    before = beginning.read(cluster.get(CONFIG_MAP, beginning.called(name)))
    after = beginning.new(beginning.FRESH, prefix, cluster.identity(), moment)
    # Of a restore whose volume was deleted. The new database would be taken for a part of that backup.
    over = not _claim(name, cluster) and cluster.get(CONFIG_MAP, marker.called(name)) is not None
    if not over and before and {**after, "since": before["since"]} == before:
        return Outcome(before, before)
    if writes and over:
        cluster.remove(CONFIG_MAP, marker.called(name))
    if writes:
        cluster.keep(CONFIG_MAP, beginning.called(name), after)
    return Outcome(before, after)
