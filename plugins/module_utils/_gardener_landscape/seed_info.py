# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Seeds as they are told."""

from __future__ import annotations

from .._gardener import change
from .._gardener.client import Garden, Object
from .._gardener.kinds import SHOOT
from . import seed_status


def told(garden: Garden, seeds: list[Object]) -> list[Object]:
    """What is asked of seeds most often, in the order of their names."""
    shoots = garden.list(SHOOT) if seeds else []
    return [_told(one, shoots) for one in sorted(seeds, key=lambda one: str(one["metadata"]["name"]))]


def _told(seed: Object, shoots: list[Object]) -> Object:
    metadata, known = seed["metadata"], seed.get("status") or {}
    failures, deleting = seed_status.judge(seed), "deletionTimestamp" in metadata
    return {
        "name": metadata["name"],
        "uid": metadata["uid"],
        "kubernetes_version": known.get("kubernetesVersion", ""),
        "cluster_identity": known.get("clusterIdentity", ""),
        "deleting": deleting,
        "ready": not failures and not deleting,
        "failures": [one._asdict() for one in failures],
        "shoots": [change.called(SHOOT, one) for one in shoots if seed_status.carries(metadata["name"], one)],
        **seed_status.told(seed),
    }
