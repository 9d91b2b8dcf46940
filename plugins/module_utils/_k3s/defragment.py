# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Making room in the local member of etcd: its history goes, its file shrinks, its alarm is taken back."""

from __future__ import annotations

import time
import typing as t

from . import client, room

POLL_SECONDS = 1.0
LOOK_SECONDS = 4.0
COMPACTED = "has been compacted"


def look() -> room.Room:
    gateway = client.etcd(client.Deadline(LOOK_SECONDS))
    status = gateway.json("/v3/maintenance/status", "POST", {})
    return room.parse(status, gateway.json("/v3/maintenance/alarm", "POST", {"action": "GET"}))


def patiently(attempt: t.Callable[[], room.Room], seconds: float) -> room.Room:
    """Once more while etcd does not answer: where nothing can be written, k3s ends and starts again and again."""
    end = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except client.Unreachable:
            if time.monotonic() >= end:
                raise
            time.sleep(POLL_SECONDS)


def _compact(seconds: float) -> None:
    before = look()
    body = {"revision": before.revision, "physical": True}
    try:
        client.etcd(client.Deadline(seconds), seconds).json("/v3/kv/compaction", "POST", body)
    except client.Unreachable as error:
        # By another member's turn, or by the API server.
        if COMPACTED not in str(error):
            raise
    # What another member had compacted is freed here in the background.
    after = look()
    while after.used != before.used:
        time.sleep(POLL_SECONDS)
        before, after = after, look()


def make_room(seconds: float) -> room.Room:
    _compact(seconds)
    client.etcd(client.Deadline(seconds), seconds).json("/v3/maintenance/defragment", "POST", {})
    after = look()
    if after.alarm and after.size < after.quota:
        body = {"action": "DEACTIVATE", "memberID": after.member, "alarm": "NOSPACE"}
        client.etcd(client.Deadline(seconds)).json("/v3/maintenance/alarm", "POST", body)
    return look()
