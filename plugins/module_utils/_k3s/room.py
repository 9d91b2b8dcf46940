# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How full etcd's database is, and when it is time to make room in it."""

from __future__ import annotations

import typing as t

# etcd's own, which one before 3.6 does not tell.
QUOTA_BYTES = 2 << 30
FULL_PERCENT = 80
# As OpenShift's operator has it: below that, defragmenting interrupts more than it gives.
FRAGMENTED_PERCENT = 45
FRAGMENTED_BYTES = 100 << 20


class Room(t.NamedTuple):
    """What a member of etcd says of its database."""

    member: str
    revision: str
    size: int
    used: int
    quota: int
    alarm: bool

    @property
    def percent(self) -> int:
        return percent(self.size, self.quota)


def percent(size: int, quota: int) -> int:
    return size * 100 // quota


def quota(status: dict[str, t.Any]) -> int:
    return int(status.get("dbSizeQuota", 0)) or QUOTA_BYTES


def parse(status: dict[str, t.Any], alarms: dict[str, t.Any]) -> Room:
    """etcd's answers to maintenance/status and maintenance/alarm."""
    member = str(status["header"]["member_id"])
    raised = [alarm for alarm in alarms.get("alarms", []) if alarm.get("alarm") == "NOSPACE"]
    return Room(
        member=member,
        revision=str(status["header"]["revision"]),
        size=int(status["dbSize"]),
        used=int(status["dbSizeInUse"]),
        quota=quota(status),
        alarm=member in [str(alarm.get("memberID")) for alarm in raised],
    )


def is_due(room: Room) -> bool:
    unused = room.size - room.used
    fragmented = room.size >= FRAGMENTED_BYTES and percent(unused, room.size) >= FRAGMENTED_PERCENT
    return room.alarm or room.percent >= FULL_PERCENT or fragmented
