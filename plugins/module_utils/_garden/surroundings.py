# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a runtime cluster has what a garden needs in it, told from what was read of it. Pure."""

from __future__ import annotations

import typing as t

from .._backup import garden_fit
from .._gardener.status import PROCESSING, SUCCEEDED, told
from .._k3s.gate import Failure
from .._metal_stack import addresses, preparation
from .._metal_stack.addresses import Wish
from . import day_one, inputs, ranges, required, status, versions
from .kinds import OPERATOR, SPACE

Given = t.Mapping[str, t.Any]
Object = dict[str, t.Any]

ZONE = "topology.kubernetes.io/zone"
# A quorum of etcd that outlives one of its members.
MEMBERS = 3
# A kubelet's own limit, which a garden, its seed and what is there already exceed on one node (mini-lab #255).
PODS_OF_ONE = 110
# Whoever else looks after LoadBalancers and ports 80 and 443 in k3s unless it is told not to.
SERVICE_LB = "svccontroller.k3s.cattle.io/svcname"
_GATEWAYS = (
    Wish("virtual-garden-istio-ingress", "the gateway of the virtual garden"),
    Wish(SPACE, "the ingress controller of the garden"),
)
_UNDER_WAY = ("Pending", PROCESSING)
_SEED_GATEWAY = Wish("istio-ingress", "the gateway of the seed")


class Facts(t.NamedTuple):
    """What was read of a runtime cluster. version: of its API. pool: kube-vip's ConfigMap. secrets: names of those in
    the namespace of the garden. pending: of helm, while it deploys the operator. served: whether it knows Gardens.
    space: that namespace."""

    version: str
    nodes: list[Object]
    services: list[Object]
    daemon_sets: list[Object]
    classes: list[Object]
    pool: Object | None
    space: Object | None
    secrets: list[str]
    operator: Object | None
    pending: list[str]
    served: bool
    gardens: list[Object]
    extensions: list[Object]


def garden_of(given: Given, facts: Facts) -> Object | None:
    """The Garden that is meant, if it is there."""
    return next((one for one in facts.gardens if one["metadata"]["name"] == given["name"]), None)


def complaints(given: Given, spec: Object, secrets: t.Collection[str], facts: Facts) -> list[str]:
    """Why the cluster cannot have this garden: all of it at once.

    spec: of the Garden that is wanted. secrets: names of those that are given.
    """
    live = garden_of(given, facts)
    return [
        *versions.unsupported(given["version"], given["kubernetes_version"], facts.version),
        *versions.steps(former(facts, live), given["version"]),
        *_healthy(given, live),
        *_others(given, facts),
        *_going(live, facts),
        *([] if live is None else day_one.changed(spec, live)),
        *versions.kubernetes_steps(_kubernetes(live), given["kubernetes_version"]),
        *required.missing(given, facts.extensions),
        *_secrets(given, secrets, facts),
        *_networks(given, facts),
        *_zones(given, facts),
        *_availability(given, facts),
        *preparation.without_class({"storage_class": given["storage"]["class_name"]}, facts.classes),
        *_load_balancers(given, facts),
        *_competitors(facts),
        *_room(facts),
        *_pending(facts),
    ]


def warnings(given: Given, facts: Facts) -> list[str]:
    """What is well enough to go on, and better were otherwise."""
    return versions.deadlocked(facts.version) if given["seed"] else []


def former(facts: Facts, live: Object | None) -> str:
    """The version of Gardener that is there: of who has last reconciled the garden, else of the operator."""
    return versions.reconciled(live) or garden_fit.version(facts.operator)


def settling(given: Given, live: Object | None) -> list[Failure]:
    """The operation of a Garden that is under way, as it often is, before whose end no new minor version is begun."""
    last = _last_before(given, live)
    if live is None or last.get("state") not in _UNDER_WAY:
        return []
    condition = f"Gardener {versions.reconciled(live)} is through with Garden {live['metadata']['name']}"
    return [Failure(condition, told(last), SUCCEEDED, "see what its last operation says")]


def _healthy(given: Given, live: Object | None) -> list[str]:
    """A new minor version is taken only where the one before is through, and well."""
    last = _last_before(given, live)
    if live is None or not last or last.get("state") in _UNDER_WAY:
        return []
    if last.get("state") == SUCCEEDED:
        wrong = [f"{one.condition}: {one.seen}" for one in status.unhealthy(live)]
    else:
        wrong = [f"{last.get('state')}: {' '.join(str(last.get('description', '')).split())}"]
    if not wrong:
        return []
    return [
        f"Gardener {versions.reconciled(live)} has not succeeded with Garden {live['metadata']['name']}"
        f" ({'; '.join(wrong)}), so {given['version']} is not begun -> have it healthy first"
    ]


def _last_before(given: Given, live: Object | None) -> Object:
    """The last operation of a Garden that is to have a new minor version, empty where it is not."""
    if not versions.raises_minor(versions.reconciled(live), given["version"]):
        return {}
    return dict(((live or {}).get("status") or {}).get("lastOperation") or {})


def _others(given: Given, facts: Facts) -> list[str]:
    names = [one["metadata"]["name"] for one in facts.gardens if one["metadata"]["name"] != given["name"]]
    if not names:
        return []
    return [
        f"Garden {', '.join(names)} is there, and garden.name is {given['name']}; a cluster has one alone ->"
        f" say garden.name: {names[0]}, or remove it"
    ]


def _going(live: Object | None, facts: Facts) -> list[str]:
    going = [one for one in (live, facts.space) if one is not None and "deletionTimestamp" in one["metadata"]]
    return [
        f"{one.get('kind', 'Garden')} {one['metadata']['name']} is being deleted since"
        f" {one['metadata']['deletionTimestamp']} -> wait until it is gone"
        for one in going
    ]


def _kubernetes(live: Object | None) -> str:
    spec = (live or {}).get("spec") or {}
    return str(((spec.get("virtualCluster") or {}).get("kubernetes") or {}).get("version") or "")


def _secrets(given: Given, secrets: t.Collection[str], facts: Facts) -> list[str]:
    lacking = [name for name in inputs.referred(given) if name not in {*secrets, *facts.secrets}]
    return [
        f"there is no Secret {SPACE}/{name}, which the garden refers to -> give it among secrets" for name in lacking
    ]


def _networks(given: Given, facts: Facts) -> list[str]:
    """Networks of the cluster that are told otherwise than they are."""
    if ranges.mistakes(given):
        return []
    found = []
    for node in facts.nodes:
        name = node["metadata"]["name"]
        for one in (node.get("status") or {}).get("addresses") or []:
            if one["type"] == "InternalIP" and ranges.outside(one["address"], given["nodes"]):
                found.append(_outside("nodes", f"node {name} has {one['address']}", given))
        spec = node.get("spec") or {}
        for pods in spec.get("podCIDRs") or ([spec["podCIDR"]] if spec.get("podCIDR") else []):
            if ranges.outside(pods, given["pods"]):
                found.append(_outside("pods", f"pods of node {name} have {pods}", given))
    for service in facts.services:
        address = str((service.get("spec") or {}).get("clusterIP") or "None")
        if _is_api(service) and address != "None" and ranges.outside(address, given["services"]):
            found.append(_outside("services", f"Service default/kubernetes has {address}", given))
    return found


def _outside(option: str, what: str, given: Given) -> str:
    return f"garden.{option} is {', '.join(given[option])}, and {what} -> say the network that the cluster has"


def _is_api(service: Object) -> bool:
    return (service["metadata"].get("namespace"), service["metadata"]["name"]) == ("default", "kubernetes")


def _zones(given: Given, facts: Facts) -> list[str]:
    labels = [(one["metadata"].get("labels") or {}).get(ZONE, "") for one in facts.nodes]
    known = sorted({one for one in labels if one})
    lacking = [one for one in given["zones"] if one not in known]
    if not lacking:
        return []
    return [
        f"garden.zones has {', '.join(lacking)}, and the nodes have {', '.join(known) or 'no zone at all'} (label"
        f" {ZONE}) -> label the nodes, or leave the zone out; pods of a zone without nodes stay where they are"
    ]


def _availability(given: Given, facts: Facts) -> list[str]:
    usable = [one["metadata"]["name"] for one in facts.nodes if not (one.get("spec") or {}).get("unschedulable")]
    if not given["high_availability"] or len(usable) >= MEMBERS:
        return []
    return [
        f"garden.high_availability asks for etcd of {MEMBERS} members, each on a node of its own, and there are"
        f" {len(usable)} nodes that take pods -> leave it out; it may be switched on later, never off"
    ]


def _load_balancers(given: Given, facts: Facts) -> list[str]:
    """An address for each gateway that has none yet."""
    wishes = [*_GATEWAYS, *([_SEED_GATEWAY] if given["seed"] else [])]
    spaces = {one.namespace for one in wishes}
    others = [one for one in facts.services if one["metadata"].get("namespace") not in spaces]
    told = f"one for {', one for '.join(one.who for one in wishes)}"
    if given["load_balancers"]:
        taken = [one for service in others for one in addresses.held(service)]
        if given["load_balancers"] - len(taken) >= len(wishes):
            return []
        return [
            f"garden.load_balancers is {given['load_balancers']}, of which {len(taken)} are taken, and the garden needs"
            f" {len(wishes)}: {told} -> give the cluster more addresses for Services"
        ]
    if _pooled(facts, wishes):
        return addresses.complaints(facts.pool, others, wishes, "give kube-vip a larger range")
    return [
        f"who gives Services of type LoadBalancer an address cannot be told, and the garden needs {len(wishes)}:"
        f" {told} -> say garden.load_balancers, how many addresses there are in all"
    ]


def _pooled(facts: Facts, wishes: t.Sequence[Wish]) -> bool:
    """Whether kube-vip gives addresses, or would, were its ConfigMap none that is malformed."""
    try:
        return any(addresses.pool(facts.pool, one.namespace) for one in wishes)
    except ValueError:
        return True


def _competitors(facts: Facts) -> list[str]:
    """What of k3s takes the ports, or the addresses, of a garden's gateways."""
    found = []
    if any(SERVICE_LB in (one["metadata"].get("labels") or {}) for one in facts.daemon_sets):
        found.append("k3s gives Services the addresses of its nodes (servicelb), whose ports two gateways cannot share")
    if any(
        (one["metadata"].get("namespace"), one["metadata"]["name"]) == ("kube-system", "traefik")
        and addresses.is_balanced(one)
        for one in facts.services
    ):
        found.append("k3s runs Traefik, which takes an address and ports 80 and 443")
    return [f"{one} -> have k3s not do that (disable)" for one in found]


def _pending(facts: Facts) -> list[str]:
    if not facts.pending:
        return []
    names = " ".join(facts.pending)
    return [
        f"helm's release {OPERATOR} is locked by Secret {names}, as it is while helm runs and stays when that is killed"
        f" -> make sure that nobody else deploys it, and then kubectl -n {SPACE} delete secret {names}"
    ]


def _room(facts: Facts) -> list[str]:
    limits = [int(((one.get("status") or {}).get("allocatable") or {}).get("pods", 0)) for one in facts.nodes]
    if not limits or sum(limits) > PODS_OF_ONE:
        return []
    return [
        f"the nodes take {sum(limits)} pods in all, fewer than a garden and its seed have beside what is there ->"
        " raise max-pods of the kubelet (256), or add a node"
    ]
