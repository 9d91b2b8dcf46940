# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Holding a shoot, so that no gardenlet looks after it, and letting it go once that may."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from .._gardener import kubeconfig as kubeconfigs
from .._gardener import operations, options, status
from .._gardener.client import Garden, Object
from .._gardener.errors import GardenError
from .._gardener.kinds import CONFIG_MAP, SHOOT, Kind
from .._kube import kinds
from .._kube.client import Cluster
from .._kube.libraries import load
from . import held

STATE = Kind("core.gardener.cloud/v1beta1", "ShootState", "shootstates")
HELD, RELEASED = "held", "released"
# Where provider-metal reads it.
SEED_URL = ("garden", "seed-api-server", "url")


def of(given: options.Given, check: bool) -> Object:
    """The result of the module. Raises GardenError for what is refused, and Unreachable where nobody answers."""
    garden, place = options.named(given), (given["namespace"], given["name"])
    shoot = garden.get(SHOOT, *place)
    if shoot is None:
        raise GardenError(f"there is no shoot {'/'.join(place)} -> restore the garden first. Nothing was changed")
    before, wanted = bool(status.stopped(shoot, None)), given["state"] == HELD
    found = _found(garden, given, shoot) if not wanted else None
    reasons = held.complaints(found) if found and before else []
    if reasons:
        raise GardenError(f"{'; '.join(reasons)}. It stays held")
    if before != wanted and not check:
        garden.patch(SHOOT, *place, _change(shoot, wanted))
    return {
        "changed": before != wanted,
        "held": wanted if not check else before,
        "shoot_state": garden.get(STATE, *place) is not None,
        "warnings": garden.warnings,
        "diff": {"before": {"held": before}, "after": {"held": wanted}},
    }


def _change(shoot: Object, wanted: bool) -> Object:
    """The merge patch that holds it, or lets it go and has it reconciled, so that no end of a run comes between."""
    annotations: dict[str, str | None] = {status.IGNORE: "true" if wanted else None}
    if not wanted:
        last = (shoot.get("status") or {}).get("lastOperation") or {}
        # What has failed takes nothing else.
        send = operations.RETRY if last.get("state") == status.FAILED else operations.RECONCILE
        asked = operations.asked(shoot)
        annotations[operations.ANNOTATION] = operations.SEPARATOR.join([*asked, *({send} - {*asked})])
    return {"metadata": {"uid": shoot["metadata"]["uid"], "annotations": annotations}}


def _found(garden: Garden, given: options.Given, shoot: Object) -> held.Found:
    known, place = shoot.get("status") or {}, (given["namespace"], given["name"])
    bundle = garden.get(CONFIG_MAP, place[0], f"{place[1]}.ca-cluster") or {}
    offered = kubeconfigs.offered(shoot, bundle)
    seed = Cluster(given["seed_kubeconfig"])
    labels = "%2C".join(f"{key}%3D{value}" for key, value in held.AUTHORITY.items())
    secrets = seed.listed(f"/api/v1/namespaces/{known.get('technicalID', '')}/secrets?labelSelector={labels}")
    url = seed.get(kinds.CONFIG_MAP, *SEED_URL[:2]) or {}
    return held.Found(
        servers=offered.servers,
        before=_before(given),
        trusted=(bundle.get("data") or {}).get(held.BUNDLE, ""),
        state=garden.get(STATE, *place),
        secrets=secrets if known.get("technicalID") else [],
        seed_url=(url.get("data") or {}).get(SEED_URL[2], ""),
        expected=given["seed_api_url"],
    )


def _before(given: options.Given) -> t.Mapping[str, str]:
    """The addresses in a kubeconfig that was handed on, if there is one."""
    if not given["handed_on"] or not os.path.exists(given["handed_on"]):
        return {}
    yaml = load("yaml")
    try:
        config = yaml.safe_load(Path(given["handed_on"]).read_text(encoding="utf-8"))
        return kubeconfigs.held(config, given["namespace"], given["name"]).servers
    except (kubeconfigs.Stranger, yaml.YAMLError) as error:
        raise GardenError(
            f"{given['handed_on']} is no kubeconfig of shoot {given['namespace']}/{given['name']} -> name the one that"
            " was handed on. Nothing was changed"
        ) from error
