# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who uses what is about to be removed of a cluster. Pure."""

from __future__ import annotations

import typing as t

from .._k3s import objects
from . import gateways
from .addons import CRD, NAMESPACE

Object = dict[str, t.Any]
Query = tuple[str, t.Callable[[Object], bool]]

# Of what a controller makes of a Gateway of ours, which goes with it.
_MADE_FOR = {objects.MANAGER, "envoy-gateway"}
_CLASS = "kubernetes.io/ingress.class"
_GATEWAYS = f"/apis/{gateways.GROUP}/v1/gateways"
_VOLUMES = "/api/v1/persistentvolumes"


def queries(one: Object, namespace: str) -> list[Query]:
    """What is listed to tell who uses an object, and which of what is found does.

    namespace: of the control plane, whose routes to our own Gateway are of no use without that.
    """
    name = one["metadata"]["name"]
    if one["kind"] == CRD:
        spec = one["spec"]
        version = next(each["name"] for each in spec["versions"] if each["storage"])
        return [(f"/apis/{spec['group']}/{version}/{spec['names']['plural']}", _of_others(namespace))]
    if one["kind"] == "GatewayClass":
        return [(_GATEWAYS, lambda found: _foreign(found) and found["spec"]["gatewayClassName"] == name)]
    if one["kind"] == "IngressClass":
        return [("/apis/networking.k8s.io/v1/ingresses", lambda found: _ingress_class(found) == name)]
    if one["kind"] == "StorageClass":
        return [(_VOLUMES, lambda found: found["spec"].get("storageClassName") == name)]
    if one["kind"] == "CSIDriver":
        return [(_VOLUMES, lambda found: (found["spec"].get("csi") or {}).get("driver") == name)]
    if one["kind"] == NAMESPACE:
        kinds = ("deployments", "statefulsets", "daemonsets")
        paths = [f"/apis/apps/v1/namespaces/{name}/{kind}" for kind in kinds]
        return [(path, _foreign) for path in (*paths, f"/api/v1/namespaces/{name}/persistentvolumeclaims")]
    return []


def _foreign(found: Object) -> bool:
    """Of what belongs to another object, that one counts."""
    if found["metadata"].get("ownerReferences"):
        return False
    return (found["metadata"].get("labels") or {}).get(objects.MARK) not in _MADE_FOR


def _of_others(namespace: str) -> t.Callable[[Object], bool]:
    def uses(found: Object) -> bool:
        references = (found.get("spec") or {}).get("parentRefs") or []
        place = found["metadata"].get("namespace", "")
        ours = all(one["name"] == gateways.NAME and one.get("namespace", place) == namespace for one in references)
        return _foreign(found) and not (references and ours and place == namespace)

    return uses


def _ingress_class(found: Object) -> str:
    annotations = found["metadata"].get("annotations") or {}
    return str((found.get("spec") or {}).get("ingressClassName") or annotations.get(_CLASS, ""))
