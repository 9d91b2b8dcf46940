# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mark that a restore was begun and not confirmed. Pure.

It is a ConfigMap beside the database. On the volume the sidecar would take it for data or lose it with a rollout, and
an annotation of its PersistentVolumeClaim could not be set before the sidecar runs, since the claim comes with it.
"""

from __future__ import annotations

import datetime
import typing as t

BEGUN, CLEARED, CONFIRMED = "begun", "cleared", "confirmed"
EMPTY = "true"


class Marker(t.TypedDict):
    """begun: ISO 8601. version: the backup's that is restored; empty if nobody has said it.

    cluster: the UID of the cluster. claim: that of the claim that was there before, empty without. pod: that of the pod
    that restores, empty until one was seen. empty: EMPTY where the claim's disk was lost, or somebody has seen that its
    volume had nothing, so that whatever comes into it is a part of this restore. discarded: C(true) while what it has
    left is deleted.
    """

    begun: str
    version: str
    cluster: str
    claim: str
    pod: str
    empty: str
    discarded: str


def called(name: str) -> str:
    return f"metal-database-restore-{name}"


def new(version: str, cluster: str, claim: str, moment: datetime.datetime, empty: bool = False) -> Marker:
    begun = moment.isoformat(timespec="seconds")
    return {
        "begun": begun, "version": version, "cluster": cluster, "claim": claim, "pod": "",
        "empty": EMPTY if empty else "", "discarded": "",
    }  # fmt: skip


def read(data: t.Mapping[str, str] | None) -> Marker:
    """A marker that somebody has emptied is one all the same."""
    data = data or {}
    return {
        "begun": data.get("begun", ""), "version": data.get("version", ""), "cluster": data.get("cluster", ""),
        "claim": data.get("claim", ""), "pod": data.get("pod", ""), "empty": data.get("empty", ""),
        "discarded": data.get("discarded", ""),
    }  # fmt: skip
