# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A garden and its extensions as they are told."""

from __future__ import annotations

import typing as t

from .._backup import garden_fit
from .._gardener import view
from .._gardener.client import Garden, Object
from . import day_one, facts, rotation, status, versions
from .kinds import DEPLOYMENT, EXTENSION, GARDEN, OPERATOR, SPACE


def of(cluster: Garden) -> Object:
    """What is asked of a runtime cluster most often."""
    return {
        "operator": garden_fit.version(cluster.get(DEPLOYMENT, SPACE, OPERATOR)),
        "gardens": [garden(one) for one in facts.listed(cluster, GARDEN) or []],
        "extensions": [extension(one) for one in facts.listed(cluster, EXTENSION) or []],
    }


def garden(found: Object) -> Object:
    metadata, virtual = found["metadata"], found["spec"]["virtualCluster"]
    failures, _over = status.garden(found, metadata.get("generation", 0), "")
    backup = ((virtual.get("etcd") or {}).get("main") or {}).get("backup") or {}
    return {
        "name": metadata["name"],
        "gardener": versions.reconciled(found),
        "kubernetes_version": virtual["kubernetes"]["version"],
        "cluster_identity": virtual["gardener"]["clusterIdentity"],
        "domains": [one["name"] for one in virtual["dns"].get("domains") or []],
        "bucket": backup.get("bucketName") or (day_one.default_bucket(found) if backup else ""),
        "ready": not failures,
        "failures": [one._asdict() for one in failures],
        "operation": status.operation(found),
        "phases": rotation.phases(found),
        "conditions": _conditions(found),
        "garden": view.told(found),
    }


def extension(found: Object) -> Object:
    failures = status.extension(found, found["metadata"].get("generation", 0))
    resources = (found.get("spec") or {}).get("resources") or []
    return {
        "name": found["metadata"]["name"],
        "ready": not failures,
        "failures": [one._asdict() for one in failures],
        "resources": [f"{one['kind']}/{one['type']}" for one in resources],
    }


def _conditions(found: Object) -> dict[str, t.Any]:
    return {one["type"]: one["status"] for one in (found.get("status") or {}).get("conditions") or []}
