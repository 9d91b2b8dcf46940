# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All databases of a stage before they are deployed: what is wrong with any of them is told of all."""

from __future__ import annotations

import typing as t

from .._backup.errors import BackupError
from . import decision, held, prefixes, retention, sentinels, stages
from .client import Client
from .decision import Volume, Wanted
from .stages import Stage

S3, LOCAL, GCP = "s3", "local", "gcp"
Given = t.Mapping[str, t.Any]


def judge(given: Given, client: Client) -> dict[str, t.Any]:
    """C(complaints) about all of them together, and C(databases), each with its C(action) and C(reasons).

    given: the options of the module metal_database_gate.
    """
    databases = given["databases"]
    ours = Stage(given["stage"], client.storage.endpoint, client.storage.bucket)
    others = [
        Stage(one["name"], one["endpoint"] or ours.endpoint, one["bucket"] or ours.bucket) for one in given["others"]
    ]
    found = stages.complaints(ours, others) + _bucket(client)
    found += _twice(databases)
    found += prefixes.clashes({one["name"]: _prefix(one, given) for one in databases})
    answers = [_one(one, given, client) for one in databases]
    found += [f"{one['name']}: {reason}" for one in answers for reason in one["reasons"]]
    return {"complaints": found, "databases": answers}


def _bucket(client: Client) -> list[str]:
    try:
        return client.complaints()
    except BackupError as error:
        return [str(error)]


def _twice(databases: t.Sequence[Given]) -> list[str]:
    names = [one["name"] for one in databases]
    return [f"database {name} is given twice" for name in sorted(set(names)) if names.count(name) > 1]


def _prefix(one: Given, given: Given) -> str:
    return prefixes.of_database(one["name"], one["engine"], given["stage"], one["prefix"])


def _one(one: Given, given: Given, client: Client) -> dict[str, t.Any]:
    prefix = _prefix(one, given)
    told: dict[str, t.Any] = {
        "name": one["name"], "prefix": prefix, "action": decision.REFUSE, "alarms": [], "goes_on": False,
    }  # fmt: skip
    wrong = configured(one, given["production"], given["stage"])
    nothing: dict[str, t.Any] = {"backups": None, "restores": None, "schedule": one["schedule"]}
    facts = one["volume"]
    volume = Volume(
        facts["exists"], tuple(facts["entries"]), facts["restoring"], facts["running"], facts["began"], facts["begun"]
    )
    intent = decision.meant(one["intent"], volume, one["engine"])
    if one["provider"] != S3:
        reasons = wrong + decision.unseen(one["name"], intent, volume, one["engine"])
        action = decision.REFUSE if reasons else intent
        return {
            **told, **nothing, "action": action, "reasons": reasons, "alarms": ["its backups were not looked at"],
            "schedule": _schedule(action, one),
        }  # fmt: skip
    try:
        there = client.held(prefix)
        known = client.manifest(prefix)
        nearby = client.folders() if intent == decision.RESTORE and not there.own else []
    except BackupError as error:
        return {**told, **nothing, "reasons": [*wrong, str(error)]}
    wanted = Wanted(
        one["name"], one["engine"], prefix, intent, one["size_floor"], one["version"], one["encrypted"],
        one["fenced"], given["cluster"], one["schedule"], one["without_sentinels"], one["discard"],
    )  # fmt: skip
    answer = decision.decide(wanted, volume, there, known, client.moment(), given["quiet"])
    reasons = wrong + answer.reasons
    if nearby:
        reasons.append(f"{client.storage.where} has {', '.join(nearby)}, nothing below {prefix}/")
    action = decision.REFUSE if reasons else answer.action
    restores = held.told(there.own[0]) if action == decision.RESTORE else None
    return {
        **told, "action": action, "reasons": reasons, "backups": len(there.own),
        "alarms": answer.alarms + decision.kept(one["name"], one["intent"], volume, one["engine"]),
        "restores": restores, "schedule": _schedule(action, one),
        "goes_on": action == decision.RESTORE and decision.goes_on(wanted, volume, there),
    }  # fmt: skip


def _schedule(action: str, one: Given) -> str:
    return sentinels.NEVER if action == decision.RESTORE else str(one["schedule"])


def configured(one: Given, production: bool, stage: str) -> list[str]:
    """What is wrong with how the sidecar of a database is configured. Pure."""
    found = prefixes.complaints(one["name"], one["engine"], stage, one["prefix"])
    if production and one["provider"] == LOCAL:
        found.append("its backups are local, and die with the cluster -> set backup_restore_sidecar_provider to s3")
    if one["provider"] == GCP:
        found.append("its backups are in gcp, which cannot be looked into here -> use the provider s3")
    if production:
        found += retention.complaints(one["object_max_keep"], one["object_days_max_keep"])
    return found
