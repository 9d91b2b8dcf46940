# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shoots as gardener_shoot takes them. Pure.

Fields of provider-metal are as its pkg/apis/metal/v1alpha1 has them.
"""

from __future__ import annotations

import copy
import typing as t

from ansible.module_utils.common.dict_transformations import dict_merge

from .._gardener.described import Described
from .._gardener.status import IGNORE
from . import names
from .options import CARRIED, Given

Object = dict[str, t.Any]

API = "metal.provider.extensions.gardener.cloud/v1alpha1"
ANNOTATION = "cluster.metal-stack.io/"
# The annotations of metal-stack, and the options that say what they have.
KNOWN = {"name": "name", "project": "project_id", "partition": "partition", "tenant": "tenant"}
# By which whoever looks finds the cluster that carries a part of the second stage.
LABEL = "metalstack.autonomous/carries-"
# What options say also where they say nothing, so that it is judged what they are; the former names of some with them.
_JUDGED: Object = {
    "cloudProfileName": None,
    "controlPlane": {"highAvailability": None},
    "dns": {"domain": None},
    "networking": {"nodes": None},
    "secretBindingName": None,
    "seedName": None,
}


def complaints(given: Given) -> list[str]:
    """given: as C(options.TARGET) has it."""
    binding = given["credentials"]
    return [f"shoots.{one['name']}.{text}" for one in given["shoots"] for text in _complaints(one, binding)]


def rendered(given: Given) -> list[Object]:
    """Each with C(namespace), C(name), C(labels), C(annotations), C(spec), C(carries) and C(minimum), its nodes.

    In the order in which they are removed.
    """
    project, namespace = given["project"], names.namespace(given)
    ordered = sorted(given["shoots"], key=_order)
    return [_rendered(one, project, namespace, given["credentials"]) for one in ordered]


def _complaints(shoot: Given, credentials: str) -> list[str]:
    found = [] if shoot["workers"] else ["workers is empty, expected one pool of machines at least"]
    for number, worker in enumerate(shoot["workers"]):
        place = f"workers.{worker.get('name', number)}"
        machine = worker.get("machine") or {}
        found += [f"{place}.{name} is missing" for name in ("name", "minimum", "maximum") if worker.get(name) is None]
        if not machine.get("type"):
            found.append(f"{place}.machine.type is missing, expected a size of metal-stack")
        if _number(worker.get("minimum")) > _number(worker.get("maximum")):
            found.append(f"{place}.minimum is {worker['minimum']}, above its maximum {worker['maximum']}")
    if not shoot["firewall"]["networks"]:
        found.append("firewall.networks is empty, expected one external network at least, such as internet")
    ours = _spec(shoot, credentials)
    met = _met(shoot["spec"], dict_merge(_JUDGED, ours), "spec")
    found += [f"{place} is said by an option -> leave it out" for place in met]
    whole = Described("", shoot["name"], dict_merge(ours, shoot["spec"]), shoot["labels"], shoot["annotations"])
    return [*found, *_marked(shoot), *whole.mistakes()]


def _marked(shoot: Given) -> list[str]:
    """What of the free labels and annotations the role sets, also where it says nothing by one now."""
    labels = {_label(part): "option carries" for part in CARRIED}
    annotations = {ANNOTATION + suffix: f"option {option}" for suffix, option in KNOWN.items()}
    annotations[IGNORE] = "the state held"
    return [
        f"{kind}.{key} is said by {by} -> leave it out"
        for kind, known in (("labels", labels), ("annotations", annotations))
        for key, by in known.items()
        if key in shoot[kind]
    ]


def _label(part: str) -> str:
    return LABEL + part.replace("_", "-")


def _met(given: Given, ours: Given, place: str) -> t.Iterator[str]:
    """The places of fields that both have. What is merged over a mapping field by field meets it in fields alone."""
    for name in sorted(given.keys() & ours.keys()):
        one, other, below = given[name], ours[name], f"{place}.{name}"
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _met(one, other, below)
        else:
            yield below


def _spec(shoot: Given, credentials: str) -> Object:
    """What the options say."""
    spec: Object = {
        "cloudProfile": {"kind": "CloudProfile", "name": shoot["cloud_profile"]},
        "credentialsBindingName": credentials,
        "region": shoot["region"],
        "purpose": shoot["purpose"],
        "kubernetes": {"version": shoot["kubernetes_version"]},
        "networking": _networking(shoot),
        "provider": {
            "type": "metal",
            "infrastructureConfig": _infrastructure(shoot),
            "controlPlaneConfig": _control_plane(shoot),
            "workers": [_worker(one) for one in shoot["workers"]],
        },
    }
    if shoot["seed"]:
        spec["seedName"] = shoot["seed"]
    if shoot["domain"]:
        spec["dns"] = {"domain": shoot["domain"]}
    if shoot["high_availability"] != "none":
        spec["controlPlane"] = {"highAvailability": {"failureTolerance": {"type": shoot["high_availability"]}}}
    if shoot["maintenance"]:
        spec["maintenance"] = copy.deepcopy(shoot["maintenance"])
    return spec


def _rendered(shoot: Given, project: str, namespace: str, credentials: str) -> Object:
    known = {ANNOTATION + suffix: shoot[option] for suffix, option in KNOWN.items() if shoot[option]}
    return {
        "namespace": namespace,
        "name": shoot["name"],
        "project": project,
        "labels": {**shoot["labels"], **{_label(one): "true" for one in shoot["carries"]}},
        "annotations": {**shoot["annotations"], **known},
        "spec": dict_merge(_spec(shoot, credentials), shoot["spec"]),
        "carries": list(shoot["carries"]),
        "minimum": sum(_number(one.get("minimum")) for one in shoot["workers"]),
    }


def _networking(shoot: Given) -> Object:
    found: Object = {"type": shoot["network_type"], "pods": shoot["pods"], "services": shoot["services"]}
    if shoot["network_config"]:
        found["providerConfig"] = copy.deepcopy(shoot["network_config"])
    return found


def _infrastructure(shoot: Given) -> Object:
    given = shoot["firewall"]
    firewall: Object = {"size": given["size"], "image": given["image"], "networks": list(given["networks"])}
    more = {
        "controllerVersion": given["controller_version"],
        "autoUpdateMachineImage": given["auto_update_machine_image"],
        "rateLimits": given["rate_limits"],
        "egressRules": given["egress_rules"],
    }
    firewall |= {name: value for name, value in more.items() if value}
    return {
        "apiVersion": API,
        "kind": "InfrastructureConfig",
        "firewall": firewall,
        "partitionID": shoot["partition"],
        "projectID": shoot["project_id"],
    }


def _control_plane(shoot: Given) -> Object:
    found: Object = {"apiVersion": API, "kind": "ControlPlaneConfig"}
    if shoot["load_balancer_network"]:
        found["cloudControllerManager"] = {"defaultExternalNetwork": shoot["load_balancer_network"]}
    return found


def _worker(worker: Given) -> Object:
    # Machines are in the partition, not in zones of it, and have disks of their own.
    return {"cri": {"name": "containerd"}, **copy.deepcopy(dict(worker))}


def _order(shoot: Given) -> int:
    """That of the first part that it carries; what carries none goes last."""
    return min((CARRIED.index(part) for part in shoot["carries"]), default=len(CARRIED))


def _number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return 0
