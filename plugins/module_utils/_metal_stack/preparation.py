# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster has to have before metal-stack is deployed to it: what is made, and what is only looked for. Pure.

Sources: provider-metal, C(pkg/controller/controlplane/valuesprovider.go), which reads C(garden/seed-api-server) and
panics without it where the API has an address for a name; metal-roles' Gardener roles, which read
C(kube-system/shoot-info) as it is in a shoot.
"""

from __future__ import annotations

import typing as t

from .options import INGRESS, METAL

Given = t.Mapping[str, t.Any]
Object = dict[str, t.Any]

# Of metal-roles' Ingresses.
INGRESS_CLASS = "nginx"
DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
SHOOT_INFO = ("nodeNetwork", "podNetwork", "serviceNetwork")


def namespaces(given: Given) -> list[Object]:
    """The namespaces, which may be somebody else's."""
    names = [given["namespace"], *(["garden"] if given["seed_api_url"] else [])]
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"name": name}}}
        for name in names
    ]


def config_maps(given: Given) -> list[Object]:
    """The ConfigMaps that a cluster of Gardener's has by itself."""
    found = []
    if given["host_provider"] == METAL:
        networks = (given["node_network"], given["pod_network"], given["service_network"])
        found.append(_config_map("kube-system", "shoot-info", dict(zip(SHOOT_INFO, networks, strict=True))))
    if given["seed_api_url"]:
        found.append(_config_map("garden", "seed-api-server", {"url": given["seed_api_url"]}))
    return found


def strangers(wanted: Object, found: Object) -> list[str]:
    """What a ConfigMap that somebody else has made lacks; one that has it all is left as it is."""
    missing = sorted(name for name in wanted["data"] if not (found.get("data") or {}).get(name))
    place = f"{wanted['metadata']['namespace']}/{wanted['metadata']['name']}"
    if not missing:
        return []
    return [
        f"ConfigMap {place} is somebody else's and has no {', '.join(missing)} -> have its owner add that, or remove it"
    ]


def without_class(given: Given, classes: t.Sequence[Object]) -> list[str]:
    """Whether there is a StorageClass for the volumes. classes: as the cluster lists them."""
    names = [one["metadata"]["name"] for one in classes]
    wanted = given["storage_class"]
    if wanted:
        told = f"there are {', '.join(names)}" if names else "there is none"
        return [] if wanted in names else [f"the cluster has no StorageClass {wanted} ({told})"]
    usual = [one for one in classes if (one["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true"]
    if len(usual) > 1:
        several = ", ".join(one["metadata"]["name"] for one in usual)
        return [
            f"the cluster has several default StorageClasses ({several}), of which it takes the newest -> give"
            f" storage_class, or take the annotation {DEFAULT_CLASS} from all but one"
        ]
    return [] if usual else ["the cluster has no default StorageClass -> give storage_class"]


def without_ingress(given: Given, classes: t.Collection[str]) -> list[str]:
    """Whether anybody sees to Ingresses. classes: the names of IngressClasses, those of add-ons among them."""
    if given["expose"] != INGRESS or INGRESS_CLASS in classes:
        return []
    told = f"it has {', '.join(sorted(classes))}" if classes else "it has none"
    return [
        f"the cluster has no IngressClass {INGRESS_CLASS} ({told}), which metal-stack's Ingresses are of -> give"
        " ingress-nginx in addons, or say expose: gateway"
    ]


def _config_map(namespace: str, name: str, data: dict[str, str]) -> Object:
    return {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data,
    }  # fmt: skip
