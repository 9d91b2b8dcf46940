# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The etcd cluster as one of its members sees it, in a form that decisions can be made on."""

from __future__ import annotations

import typing as t
import urllib.parse

from . import room


def _member(raw: dict[str, t.Any]) -> dict[str, t.Any]:
    peers = raw.get("peerURLs", [])
    return {
        "id": str(raw.get("ID", "0")),
        "name": raw.get("name", ""),
        "addresses": sorted({urllib.parse.urlsplit(peer).hostname or "" for peer in peers}),
        "learner": bool(raw.get("isLearner", False)),
        # A member that was added and has not started yet has told nobody its name.
        "started": bool(raw.get("name")),
    }


def parse(
    status: dict[str, t.Any], member_list: dict[str, t.Any] | None, alarms: dict[str, t.Any] | None
) -> dict[str, t.Any]:
    """etcd's answers to maintenance/status, cluster/member/list and maintenance/alarm, the last two if any."""
    header = status.get("header", {})
    members = [_member(raw) for raw in (member_list or {}).get("members", [])]
    by_id = {member["id"]: member["name"] for member in members}
    raised = (alarms or {}).get("alarms", [])
    return {
        "cluster_id": str(header.get("cluster_id", "0")),
        "member_id": str(header.get("member_id", "0")),
        "leader_id": str(status.get("leader", "0")),
        "version": status.get("version", ""),
        "database_bytes": int(status.get("dbSize", 0)),
        "quota_bytes": room.quota(status),
        "members": sorted(members, key=lambda member: (member["name"], member["id"])),
        "alarms": sorted(
            f"{alarm.get('alarm', 'NONE')} on {by_id.get(str(alarm.get('memberID')), alarm.get('memberID'))}"
            for alarm in raised
        ),
        "quorum": member_list is not None and alarms is not None and str(status.get("leader", "0")) != "0",
    }


def of_node(members: list[dict[str, t.Any]], name: str, address: str) -> list[dict[str, t.Any]]:
    """The members that belong to a node. k3s names a member after its node and adds eight random digits."""
    return [
        member
        for member in members
        if address in member["addresses"] or (member["name"][:-9] == name and member["name"][-9:-8] == "-")
    ]
