# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster is to have around metal-stack, read and compared with what it has; nothing is changed."""

from __future__ import annotations

import ipaddress
import typing as t
from dataclasses import dataclass

from .._k3s import objects
from .._kube.client import Cluster
from . import addon_record, addons, addresses, gateways, preparation, sources
from .addons import Addon, Object, Served
from .options import CHART, HOSTS, INGRESS
from .places import Places

Given = t.Mapping[str, t.Any]

# The add-on that our Gateway is, whose name no other one may have.
OURS = "_gateway"
# What somebody else has made, and is well as it is; the policies keep the Gateway API from being taken back.
_SHARED = {addons.NAMESPACE, "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}
_ENVOY_NAMESPACE = "envoy-gateway-system"
_OWNER = f"{gateways.ENVOY_GROUP}/owning-gateway"


@dataclass(frozen=True)
class Wanted:
    """addons: what is made, in its order. places: where it is."""

    given: Given
    cluster: Cluster
    addons: list[Addon]
    places: Places
    controller: str

    def named(self) -> dict[str, dict[str, str]]:
        """The names of the objects of each add-on, by their path."""
        return {one.name: {self.places.path(each): objects.name(each) for each in one.objects} for one in self.addons}


def read(given: Given, cluster: Cluster, mirror: str) -> Wanted:
    """All that is made beside the namespace and the ConfigMaps. Raises StackError."""
    version = cluster.json("/version")["gitVersion"] if any(one["kind"] == CHART for one in given["addons"]) else ""
    raw = {one["name"]: sources.objects_of(given, one, version, mirror) for one in given["addons"]}
    places = Places(cluster, [each for one in raw.values() for each in one])
    made = [addons.made(one["name"], raw[one["name"]], one["namespace"], places.namespaced) for one in given["addons"]]
    brought = addons.without_copies(made)
    controller, foreign = _controller(given, cluster, brought)
    own = gateways.objects_of(given, controller, foreign) if controller else []
    if own and _can_be_placed(places, own):
        brought.append(addons.made(OURS, own, "", places.namespaced))
    return Wanted(given, cluster, brought, places, controller)


def _can_be_placed(places: Places, own: t.Iterable[Object]) -> bool:
    """Whether the kinds of our Gateway are there; that they are not is refused with all else."""
    return all(places.knows(one) for one in own)


def _controller(given: Given, cluster: Cluster, brought: t.Sequence[Addon]) -> tuple[str, bool]:
    """Whose the class of our Gateway is, empty where nobody knows, and whether somebody else has made it."""
    name = given["gateway_class"]
    if not gateways.is_made(given):
        return "", False
    for one in (each for addon in brought for each in addon.objects):
        if one["kind"] == "GatewayClass" and one["metadata"]["name"] == name:
            return str(one["spec"]["controllerName"]), True
    found = cluster.find(f"/apis/{gateways.GROUP}/v1/gatewayclasses/{name}")
    if found is not None:
        return str(found["spec"]["controllerName"]), not objects.ours(found)
    return given["gateway_controller"], False


def complaints(wanted: Wanted) -> list[str]:
    """Why the cluster cannot have what is wanted: all of it at once."""
    given, cluster = wanted.given, wanted.cluster
    brought = [each for one in wanted.addons for each in one.objects]
    served = _served(cluster, brought)
    storage = cluster.listed("/apis/storage.k8s.io/v1/storageclasses")
    return [
        *gateways.without_kinds(given, served),
        *gateways.without_controller(given, wanted.controller, served),
        *preparation.without_ingress(given, _ingress_classes(given, cluster, brought)),
        *preparation.without_class(given, _with_brought(storage, brought)),
        *_certificate(wanted, brought),
        *_addresses(wanted),
        *_foreign(wanted),
    ]


def _served(cluster: Cluster, brought: t.Sequence[Object]) -> Served:
    found: Served = addons.served(brought)
    for group in (gateways.GROUP, gateways.ENVOY_GROUP, gateways.ISSUER_GROUP):
        for kind, versions in cluster.resources(group).items():
            found[kind] = found.get(kind, set()) | versions
    return found


def _ingress_classes(given: Given, cluster: Cluster, brought: t.Sequence[Object]) -> set[str]:
    if given["expose"] != INGRESS:
        return set()
    found = cluster.listed("/apis/networking.k8s.io/v1/ingressclasses")
    return {one["metadata"]["name"] for one in (*found, *(one for one in brought if one["kind"] == "IngressClass"))}


def _with_brought(found: t.Sequence[Object], brought: t.Sequence[Object]) -> list[Object]:
    """The StorageClasses that there will be."""
    ours = {one["metadata"]["name"]: one for one in brought if one["kind"] == "StorageClass"}
    return [*(one for one in found if one["metadata"]["name"] not in ours), *ours.values()]


def _certificate(wanted: Wanted, brought: t.Sequence[Object]) -> list[str]:
    """Whether there is a certificate for the HTTPS listener, or somebody issues it."""
    given = wanted.given
    if not gateways.is_made(given) or given["certificate_issuer"]:
        return []
    place = ("Secret", given["namespace"], given["certificate_secret"])
    if "/".join(place) in map(objects.name, brought) or wanted.cluster.get(*place):
        return []
    return [
        f"Secret {'/'.join(place[1:])} is missing, which has the certificate for *.{given['gateway_dns']} -> say who"
        " issues it (certificate_issuer), or give the Secret among the objects of an add-on"
    ]


def _addresses(wanted: Wanted) -> list[str]:
    """Whether kube-vip has an address for each Service that gets one; whoever else gives some is not asked."""
    given = wanted.given
    balanced = addons.load_balancers(wanted.addons)
    needed = [
        addresses.Wish(one["metadata"]["namespace"], f"Service {one['metadata']['name']}", tuple(addresses.held(one)))
        for one in balanced
    ]
    if gateways.is_made(given) and given["addresses"] != HOSTS:
        asked = (ipaddress.ip_address(given["address"]),) if given["address"] else ()
        needed.append(addresses.Wish(_space(wanted), f"Gateway {gateways.NAME}", asked))
    if not needed:
        return []
    names = {objects.name(one) for one in balanced}
    others = [
        one
        for one in wanted.cluster.listed("/api/v1/services")
        if objects.name({"kind": "Service", **one}) not in names and not is_of_gateway(given, one)
    ]
    pool = wanted.cluster.get("ConfigMap", *addresses.POOL)
    return addresses.complaints(pool, others, needed)


def _space(wanted: Wanted) -> str:
    """Where the Service of our Gateway is: that of Envoy is beside its controller, all others' beside the Gateway."""
    if wanted.controller != gateways.ENVOY:
        return str(wanted.given["namespace"])
    for addon in wanted.addons:
        for one in addon.objects:
            if one["kind"] == "Deployment" and one["metadata"]["name"] == "envoy-gateway":
                return str(one["metadata"]["namespace"])
    return _ENVOY_NAMESPACE


def is_of_gateway(given: Given, service: Object) -> bool:
    """Whether a Service is the one that a controller has made for our Gateway."""
    labels = service["metadata"].get("labels") or {}
    own, place = labels.get(f"{_OWNER}-name"), labels.get(f"{_OWNER}-namespace", service["metadata"]["namespace"])
    # The label that the Gateway API itself gives to what is made for one.
    name = own or labels.get(f"{gateways.GROUP}/gateway-name")
    return bool(name == gateways.NAME and place == given["namespace"])


def _foreign(wanted: Wanted) -> list[str]:
    """What of it somebody else has made already, and is not what is wanted."""
    found = []
    for one in (each for addon in wanted.addons for each in addon.objects):
        there = wanted.cluster.find(wanted.places.path(one))
        if there is None or objects.ours(there):
            continue
        if one["kind"] == addons.CRD:
            ((key, versions),) = addons.served([one]).items()
            missing = versions - addons.served([there]).get(key, set())
            if missing:
                found.append(
                    f"{objects.name(one)} is somebody else's and does not serve {', '.join(sorted(missing))} -> have"
                    f" its owner add that, or give it the label {objects.MARK}={objects.MANAGER} to have it taken over"
                )
        elif one["kind"] not in _SHARED:
            found.append(
                f"{objects.name(one)} is there already, without the label {objects.MARK}={objects.MANAGER}, so it is"
                " somebody else's -> leave the add-on out, or give it the label to have it taken over"
            )
    return found


def is_left(one: Object, there: Object | None) -> bool:
    """Whether an object that is there is somebody else's, and stays as it is."""
    return there is not None and not objects.ours(there) and one["kind"] in {*_SHARED, addons.CRD}


def known(given: Given, cluster: Cluster) -> dict[str, addon_record.Entry]:
    """What earlier runs have recorded of add-ons."""
    found = cluster.get("ConfigMap", given["namespace"], addon_record.NAME)
    return addon_record.parse((found or {}).get("data"))


def keep(given: Given, cluster: Cluster, entries: t.Mapping[str, addon_record.Entry]) -> None:
    """Record it; nothing is recorded of a cluster that never had any."""
    before = cluster.get("ConfigMap", given["namespace"], addon_record.NAME)
    data = {name: addon_record.encode(one) for name, one in entries.items()}
    if data != ((before or {}).get("data") or {}):
        cluster.keep("ConfigMap", given["namespace"], addon_record.NAME, data, before)
