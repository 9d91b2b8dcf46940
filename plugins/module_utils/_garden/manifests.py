# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects of a garden in its runtime cluster, composed of what it is described by. Pure."""

from __future__ import annotations

import base64
import copy
import typing as t

from .._gardener.client import Object
from .._k3s.objects import MANAGER, MARK
from . import day_one
from .inputs import provider_name
from .kinds import CONFIG_MAP, EXTENSION, GARDEN, SECRET, SPACE

Given = t.Mapping[str, t.Any]

SEED_API = "seed-api-server"


def spec(given: Given, live: Object | None) -> Object:
    """Of a Garden. live: the one that is there, None without any."""
    made: Object = {
        "runtimeCluster": {
            "ingress": {"domains": _domains(given, "ingress_domains"), "controller": {"kind": "nginx"}},
            "networking": {name: list(given[name]) for name in ("nodes", "pods", "services")},
            "provider": _filled(region=given["region"], zones=list(given["zones"])),
        },
        "virtualCluster": {
            "dns": {"domains": _domains(given, "virtual_domains")},
            "etcd": _etcd(given, live),
            "gardener": {"clusterIdentity": given["cluster_identity"]},
            "kubernetes": {"version": given["kubernetes_version"]},
            "maintenance": {"timeWindow": dict(given["maintenance"])},
            "networking": {"services": list(given["virtual_services"])},
        },
    }
    if given["dns"]:
        made["dns"] = {"providers": [_provider(one) for one in given["dns"]]}
    if given["load_balancer_annotations"]:
        annotations = dict(given["load_balancer_annotations"])
        made["runtimeCluster"]["settings"] = {"loadBalancerServices": {"annotations": annotations}}
    if given["high_availability"]:
        made["virtualCluster"]["controlPlane"] = {"highAvailability": {}}
    merged: Object = _merged(made, given["spec"])
    return merged


def garden(given: Given, live: Object | None) -> Object:
    return _object(GARDEN.version, GARDEN.name, given["name"], {"spec": spec(given, live)})


def extensions(given: Given) -> list[Object]:
    return [
        _object(EXTENSION.version, EXTENSION.name, one["name"], {"spec": copy.deepcopy(one["spec"])})
        for one in given["extensions"]
    ]


def config_maps(given: Given) -> list[Object]:
    """What provider-metal looks for in a seed (C(pkg/controller/controlplane/valuesprovider.go))."""
    if not given["seed_api_url"]:
        return []
    return [_object("v1", CONFIG_MAP.name, SEED_API, {"data": {"url": given["seed_api_url"]}}, SPACE)]


def secret(name: str, data: t.Mapping[str, bytes]) -> Object:
    held = {key: base64.b64encode(value).decode() for key, value in sorted(data.items())}
    return _object("v1", SECRET.name, name, {"type": "Opaque", "data": held}, SPACE)


def _etcd(given: Given, live: Object | None) -> Object:
    storage, backup = given["storage"], given["backup"]
    made: Object = {}
    for name, capacity in (("main", storage["main"]), ("events", storage["events"])):
        volume = _filled(capacity=capacity, className=storage["class_name"])
        if volume:
            made[name] = {"storage": volume}
    if backup["provider"]:
        bucket = "" if _unnamed(backup["bucket"], live) else backup["bucket"]
        made.setdefault("main", {})["backup"] = {
            "provider": backup["provider"],
            "secretRef": {"name": backup["secret_name"]},
            **_filled(bucketName=bucket, region=backup["region"], providerConfig=backup["config"]),
        }
    return made


def _unnamed(bucket: str, live: Object | None) -> bool:
    """Whether the Garden that is there names no bucket, and has the one that is said: nothing may name it by now."""
    there = (live or {}).get("spec") or {}
    backup = ((there.get("virtualCluster") or {}).get("etcd") or {}).get("main", {}).get("backup") or {}
    return bool(live and backup and not backup.get("bucketName") and bucket == day_one.default_bucket(live))


def _domains(given: Given, option: str) -> list[Object]:
    """Each with its provider, which is referred to by its name: its type may be another word."""
    provider = {"provider": provider_name(given["dns"][0])} if given["dns"] else {}
    return [{"name": name, **provider} for name in given[option]]


def _provider(one: Given) -> Object:
    return {
        "name": provider_name(one),
        "type": one["type"],
        "secretRef": {"name": one["secret_name"]},
        **_filled(providerConfig=one["config"]),
    }


def _object(version: str, kind: str, name: str, content: Object, namespace: str = "") -> Object:
    metadata: Object = {"name": name, "labels": {MARK: MANAGER}}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **content}


def _filled(**fields: t.Any) -> Object:
    """Those that say something."""
    return {name: value for name, value in fields.items() if value}


def _merged(one: t.Any, other: t.Any) -> t.Any:
    """The other's fields into one's, and its lists instead."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {**one, **{key: _merged(one[key], value) if key in one else value for key, value in other.items()}}
    return copy.deepcopy(other)
