# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shoots as they are told. Pure."""

from __future__ import annotations

import typing as t

from . import confinement, status, view

Object = dict[str, t.Any]


def told(shoot: Object, seed: Object | None = None) -> Object:
    """What is asked of a shoot most often, and all of it as C(shoot). seed: its own, None where that is not known."""
    metadata, spec, known = shoot["metadata"], shoot["spec"], shoot.get("status") or {}
    deleting = "deletionTimestamp" in metadata
    kinds = (status.DELETE,) if deleting else status.STANDING
    failures, over = status.judge(shoot, metadata.get("generation", 0), kinds, seed=seed)
    pending = None if deleting else confinement.pending(shoot)
    if pending and not failures:
        failures = [pending]
    return {
        "namespace": metadata["namespace"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        "seed": status.seed_of(shoot),
        "kubernetes_version": spec["kubernetes"].get("version", ""),
        "hibernated": bool(known.get("hibernated")),
        "deleting": deleting,
        "forcible": deleting and not status.unforceable(shoot),
        "ready": not failures and not deleting,
        "pending": pending is not None,
        "over": over,
        "failures": [one._asdict() for one in failures],
        "operation": status.operation(shoot),
        "conditions": _states(known, "conditions"),
        "constraints": _states(known, "constraints"),
        "addresses": {one["name"]: one["url"] for one in known.get("advertisedAddresses") or []},
        "stopped": status.stopped(shoot, seed),
        "shoot": view.told(shoot),
    }


def _states(known: Object, name: str) -> dict[str, str]:
    return {one["type"]: one["status"] for one in known.get(name) or []}
