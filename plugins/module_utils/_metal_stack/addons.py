# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster is given beside metal-stack: the objects of manifests and of rendered charts, in their order. Pure.

Sources: helm's C(pkg/release/v1/util/kind_sorter.go) for the order, and its documentation of hooks.
"""

from __future__ import annotations

import base64
import copy
import typing as t

from .._k3s import objects
from .errors import StackError
from .options import CHART, HOSTS, INGRESS

Given = t.Mapping[str, t.Any]
Object = dict[str, t.Any]
# By group and kind, the versions that are served.
Served = dict[tuple[str, str], set[str]]

CRD, NAMESPACE, SERVICE, LOAD_BALANCER = "CustomResourceDefinition", "Namespace", "Service", "LoadBalancer"
HOOK = "helm.sh/hook"
# An installed release is neither tested, rolled back nor deleted by helm here.
_RUN = {"pre-install", "post-install", "pre-upgrade", "post-upgrade"}
_FIRST = (
    NAMESPACE, CRD, "PriorityClass", "ServiceAccount", "Secret", "ConfigMap", "StorageClass", "ClusterRole",
    "ClusterRoleBinding", "Role", "RoleBinding", SERVICE, "DaemonSet", "Deployment", "StatefulSet", "Job",
)  # fmt: skip
INGRESS_NGINX, CERT_MANAGER = "ingress-nginx", "cert-manager"
# As metal-roles' TCPRoutes have them, which an ingress controller knows by their Services alone.
TCP_PORTS = {4150: "nsqd", 50051: "metal-api"}


class Addon(t.NamedTuple):
    """Objects that come and go together."""

    name: str
    objects: list[Object]

    @property
    def namespaces(self) -> set[str]:
        return {one["metadata"]["namespace"] for one in self.objects if "namespace" in one["metadata"]}


def complaints(given: Given) -> list[str]:
    """What is wrong with the list of add-ons before anything of it is read."""
    found, names = [], [one["name"] for one in given["addons"]]
    found += [f"addons: {name} is there twice" for name in sorted(set(names)) if names.count(name) > 1]
    for one in given["addons"]:
        where = f"addons: {one['name']}"
        sources = [name for name in ("path", "url", "objects") if one[name]]
        if len(sources) != 1:
            found.append(f"{where} has {' and '.join(sources) or 'no source'}, expected one of path, url and objects")
        if one["url"] and not one["sha256"]:
            found.append(f"{where} has a url without sha256, expected the checksum of what is there")
        if one["kind"] == CHART and (one["objects"] or not one["namespace"]):
            found.append(f"{where} is a chart, expected its path or url, and the namespace that it goes to")
        if one["kind"] != CHART and one["values"]:
            found.append(f"{where} has values, expected them of a chart alone")
    return found


def values(given: Given, addon: Given) -> dict[str, t.Any]:
    """The values of a chart; those that the inventory gives win."""
    return _merged(_usual(given, addon["name"]), addon["values"])


def _usual(given: Given, name: str) -> dict[str, t.Any]:
    if name == CERT_MANAGER:
        return {"crds": {"enabled": True}}
    if name != INGRESS_NGINX or given["expose"] != INGRESS:
        return {}
    controller: dict[str, t.Any] = {"service": {"type": LOAD_BALANCER, **asking(given["address"])}}
    if given["addresses"] == HOSTS:
        controller = {"kind": "DaemonSet", "hostPort": {"enabled": True}, "service": {"type": "ClusterIP"}}
    return {
        # metal-roles' Ingresses are of the class nginx, whatever else there is.
        "controller": {**controller, "ingressClassResource": {"name": "nginx"}},
        "tcp": {str(port): f"{given['namespace']}/{service}:{port}" for port, service in TCP_PORTS.items()},
    }


def asking(address: str) -> dict[str, t.Any]:
    """What a Service says to get this address, as kube-vip and other controllers read it; nothing without."""
    if not address:
        return {}
    return {"loadBalancerIP": address, "annotations": {"kube-vip.io/loadbalancerIPs": address}}


def read(text: str, where: str) -> list[Object]:
    """The objects of a manifest. Raises StackError where it is none."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        documents = [one for one in yaml.load_all(text, Loader=loader) if one is not None]
    except yaml.YAMLError as error:
        raise StackError(f"{where} is no YAML: {error}") from error
    flat = [inner for one in documents for inner in (one["items"] if _is_list(one) else [one])]
    if any(not _is_object(one) for one in flat):
        raise StackError(f"{where} is no manifest: expected objects with apiVersion, kind and a name in their metadata")
    return flat


def made(name: str, found: t.Iterable[Object], namespace: str, namespaced: t.Callable[[Object], bool]) -> Addon:
    """An add-on of objects, marked as ours and in the order in which they can be applied.

    namespace: of those that need one and say none; it is made as well where it is given.
    """
    kept = [copy.deepcopy(one) for one in found if _installs(one)]
    if namespace and not any(one["kind"] == NAMESPACE and one["metadata"]["name"] == namespace for one in kept):
        kept.append({"apiVersion": "v1", "kind": NAMESPACE, "metadata": {"name": namespace}})
    for one in kept:
        metadata = one["metadata"]
        metadata["labels"] = {**(metadata.get("labels") or {}), objects.MARK: objects.MANAGER}
        one.pop("status", None)
        if namespaced(one):
            metadata.setdefault("namespace", namespace or "default")
        if one["kind"] == objects.SECRET and "stringData" in one:
            plain = {key: base64.b64encode(text.encode()).decode() for key, text in one.pop("stringData").items()}
            one["data"] = {**(one.get("data") or {}), **plain}
    return Addon(name, sorted(kept, key=_rank))


def without_copies(addons: t.Iterable[Addon]) -> list[Addon]:
    """The same, where what several bring is of the first: manifests of controllers have the Gateway API in them."""
    seen: set[tuple[str, str]] = set()
    found = []
    for one in addons:
        found.append(Addon(one.name, [inner for inner in one.objects if identity(inner) not in seen]))
        seen |= {identity(inner) for inner in one.objects}
    return found


def identity(one: Object) -> tuple[str, str]:
    """What an object is the same by, in whatever version: its group, and its kind and name."""
    return group(one), objects.name(one)


def group(one: Object) -> str:
    """The group of an object's API; empty for the core's."""
    first, slash, _version = one["apiVersion"].partition("/")
    return first if slash else ""


def served(found: t.Iterable[Object]) -> Served:
    """What the CustomResourceDefinitions among these serve."""
    return {
        (one["spec"]["group"], one["spec"]["names"]["kind"]): {
            version["name"] for version in one["spec"]["versions"] if version.get("served")
        }
        for one in found
        if one["kind"] == CRD
    }


def load_balancers(addons: t.Iterable[Addon]) -> list[Object]:
    """The Services among these that get an address from outside."""
    return [
        one
        for addon in addons
        for one in addon.objects
        if one["kind"] == SERVICE and one["spec"].get("type") == LOAD_BALANCER
    ]


def _is_list(one: t.Any) -> bool:
    return isinstance(one, dict) and one.get("kind") == "List" and isinstance(one.get("items"), list)


def _is_object(one: t.Any) -> bool:
    if not isinstance(one, dict) or not isinstance(one.get("metadata"), dict):
        return False
    return all(isinstance(text, str) and text for text in (one.get("apiVersion"), one.get("kind"))) and bool(
        one["metadata"].get("name")
    )


def _installs(one: Object) -> bool:
    hooks = (one["metadata"].get("annotations") or {}).get(HOOK)
    return hooks is None or bool(_RUN & {name.strip() for name in hooks.split(",")})


def _rank(one: Object) -> tuple[int, bool]:
    """Those that others are in or of first; a webhook, and whatever has a kind of its own, when all else is there."""
    place = _FIRST.index(one["kind"]) if one["kind"] in _FIRST else len(_FIRST)
    return place, one["kind"].endswith("WebhookConfiguration")


def _merged(usual: dict[str, t.Any], given: Given) -> dict[str, t.Any]:
    found = dict(usual)
    for name, value in given.items():
        before = found.get(name)
        found[name] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return found
