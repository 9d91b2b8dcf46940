# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Gardenlet of a seed as its user describes it. Pure."""

from __future__ import annotations

import typing as t

from .._gardener import change
from .._gardener.client import Object
from .._release import versions
from .kinds import GARDENLET
from .options import texts

# The only namespace that Gardener takes Gardenlets in.
NAMESPACE = "garden"
_CONFIG = {"apiVersion": "gardenlet.config.gardener.cloud/v1alpha1", "kind": "GardenletConfiguration"}
_OPERATION = "gardener.cloud/operation"


def manifest(given: t.Mapping[str, t.Any], kubeconfig: str = "") -> Object:
    """What is applied. given: the options of gardener_seed. kubeconfig: the Secret with that of another cluster."""
    marks = {key: given[f"seed_{key}"] for key in ("labels", "annotations") if given[f"seed_{key}"]}
    # It is a template, which has no apiVersion and kind.
    seed: Object = {"metadata": marks, "spec": given["seed"]}
    config = {**_CONFIG, **given["config"], "seedConfig": seed}
    spec = {"deployment": given["deployment"], "config": config}
    if kubeconfig:
        spec["kubeconfigSecretRef"] = {"name": kubeconfig}
    own = {key: given[key] for key in ("labels", "annotations")}
    return change.manifest(GARDENLET, given["name"], NAMESPACE, spec=spec, **own)


def mistakes(given: t.Mapping[str, t.Any]) -> list[str]:
    """What is refused before anything is asked."""
    found, config = [], given["config"]
    if "seedConfig" in config:
        found.append("config.seedConfig: this is what seed, seed_labels and seed_annotations are for -> leave it out")
    if _OPERATION in given["annotations"]:
        found.append(f"annotation {_OPERATION}: it is taken away once it is done, so it is none of what is described")
    syncs = ((config.get("controllers") or {}).get("shootState") or {}).get("concurrentSyncs")
    if syncs == 0:
        found.append(
            "config.controllers.shootState.concurrentSyncs is 0, so no state of a shoot would be saved, without which"
            " none can be brought back after this seed is lost -> leave it out, or have it be 1 or more"
        )
    names = [one["name"] for one in given["secrets"]]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        found.append(f"secrets: {', '.join(twice)} is there twice -> describe each once")
    return found + texts("it", _numbers(given))


def version(given: t.Mapping[str, t.Any]) -> str:
    """The version of Gardener that shall run, by the chart's tag unless one is given; empty where neither says."""
    if given["version"]:
        return str(given["version"])
    repository = ((given["deployment"] or {}).get("helm") or {}).get("ociRepository") or {}
    last = str(repository.get("ref") or "").partition("@")[0].rpartition("/")[2]
    tag = last.partition(":")[2] if repository.get("ref") else str(repository.get("tag") or "")
    return tag if versions.is_release(tag if tag.startswith("v") else f"v{tag}") else ""


def lost(described: t.Any, made: t.Any, place: str) -> list[str]:
    """What is described and not made, by its place: fields that Gardener does not know. What is empty may go."""
    if isinstance(described, dict) and isinstance(made, dict):
        return [
            field
            for key, value in described.items()
            if value
            for field in (lost(value, made[key], f"{place}.{key}") if key in made else [f"{place}.{key}"])
        ]
    if isinstance(described, list) and isinstance(made, list):
        pairs = zip(described, made, strict=False)
        return [field for number, pair in enumerate(pairs) for field in lost(*pair, f"{place}[{number}]")]
    return []


def _numbers(given: t.Mapping[str, t.Any]) -> t.Iterator[tuple[str, t.Any]]:
    """What YAML takes for numbers most often."""
    for number, zone in enumerate(((given["seed"] or {}).get("provider") or {}).get("zones") or []):
        yield f"seed.provider.zones[{number}]", zone
    yield "seed.provider.region", ((given["seed"] or {}).get("provider") or {}).get("region")
