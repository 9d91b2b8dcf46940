# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Gateway of a control plane, with what its controller is told, and what it lacks until it can be used. Pure.

Sources: the Gateway API v1.6, C(apis/v1/gateway_types.go) for the conditions; Envoy Gateway's C(EnvoyProxy), whose
Services are of the policy C(Local) unless told otherwise, and which has ports below 1024 ten thousand higher in its
containers; metal-stack's mini-lab, which has a Gateway with these listeners.
"""

from __future__ import annotations

import typing as t

from .addons import LOAD_BALANCER, Served, asking
from .options import GATEWAY, HOSTS

Given = t.Mapping[str, t.Any]
Object = dict[str, t.Any]

GROUP, ENVOY_GROUP = "gateway.networking.k8s.io", "gateway.envoyproxy.io"
ENVOY = f"{ENVOY_GROUP}/gatewayclass-controller"
ENVOY_PROXY, ISSUER_GROUP = "EnvoyProxy", "cert-manager.io"
NAME, HTTPS = "metal-control-plane", "https"
TCP = {"nsq": 4150, "grpc": 50051}
# The versions that metal-roles and its charts make routes in. Since v1.6 the standard channel serves no v1alpha2.
KINDS = {"GatewayClass": "v1", "HTTPRoute": "v1", "TCPRoute": "v1alpha2"}
# Whose routes may attach: those of the control plane, and those of its monitoring.
_MONITORING = "monitoring"
# Every node may have one where hosts are the addresses; else one goes on while the other's node restarts.
_REPLICAS = 2
_PRIVILEGED, _MOVED = 1024, 10000


def is_made(given: Given) -> bool:
    """Whether there is a Gateway of ours."""
    return bool(given["expose"] == GATEWAY and given["gateway_class"])


def parents(given: Given) -> dict[str, list[Object]]:
    """The Gateways that routes attach to, by what they are for; ours where none is named."""
    named = {name: given["gateway_parents"].get(name) or [] for name in (HTTPS, "nsq", "grpc", "console")}
    if not is_made(given):
        return named
    ours = {name: [{"name": NAME, "namespace": given["namespace"], "sectionName": name}] for name in (HTTPS, *TCP)}
    return {name: found or ours.get(name, []) for name, found in named.items()}


def complaints(given: Given) -> list[str]:
    """What is wrong with what is said of it, before anybody is asked."""
    found = []
    if given["gateway_controller"] and not is_made(given):
        found.append("gateway_controller is given, expected gateway_class with it, the class that it is to have")
    if given["addresses"] == HOSTS and given["address"]:
        found.append(f"address is {given['address']}, expected none where addresses is hosts, whose own these are")
    if given["expose"] != GATEWAY and given["certificate_issuer"]:
        found.append("certificate_issuer is given, expected it with expose: gateway and gateway_class alone")
    return found


def without_kinds(given: Given, served: Served) -> list[str]:
    """Which kinds of the Gateway API the cluster lacks. served: by it, and by what it is given."""
    if given["expose"] != GATEWAY:
        return []
    needed = {**KINDS, **({"Gateway": "v1"} if is_made(given) else {})}
    found = []
    for kind, version in needed.items():
        versions = served.get((GROUP, kind), set())
        if version not in versions:
            has = ", ".join(sorted(versions))
            found.append(f"{kind} {version}{f' (it has {has})' if has else ''}")
    if not found:
        return []
    return [
        f"the cluster has no {', '.join(found)} of {GROUP} -> install the Gateway API's CRDs, of the experimental"
        " channel for TCPRoute (addons), with a controller for them; or say expose: ingress"
    ]


def without_controller(given: Given, controller: str, served: Served) -> list[str]:
    """Why nobody would see to our Gateway. controller: that of its class, empty where nobody knows it."""
    if not is_made(given):
        return []
    if not controller:
        return [
            f"the cluster has no GatewayClass {given['gateway_class']}, and addons bring none -> say which controller"
            f" it is of (gateway_controller), such as {ENVOY}, or take one that is there"
        ]
    found = []
    if given["gateway_controller"] not in ("", controller):
        found.append(
            f"GatewayClass {given['gateway_class']} is of {controller}, expected {given['gateway_controller']} -> leave"
            " gateway_controller out, or take another name"
        )
    if controller == ENVOY and (ENVOY_GROUP, ENVOY_PROXY) not in served:
        found.append(f"the cluster has no {ENVOY_PROXY} of {ENVOY_GROUP} -> give Envoy Gateway's manifest in addons")
    if controller != ENVOY and given["addresses"] == HOSTS:
        found.append(f"addresses is hosts, which {controller} is not told how -> use {ENVOY}, or addresses: service")
    if given["certificate_issuer"] and (ISSUER_GROUP, "Certificate") not in served:
        found.append(f"the cluster has no Certificate of {ISSUER_GROUP} -> give cert-manager's manifest in addons")
    return found


def objects_of(given: Given, controller: str, has_class: bool) -> list[Object]:
    """Our Gateway, and what belongs to it. has_class: whether its class is somebody else's."""
    if not is_made(given):
        return []
    found = [] if has_class else [_object("GatewayClass", given["gateway_class"], "", {"controllerName": controller})]
    if controller == ENVOY:
        found.append(_envoy(given))
    if given["certificate_issuer"]:
        found.append(_certificate(given))
    return [*found, _gateway(given, controller)]


def _gateway(given: Given, controller: str) -> Object:
    spec: Object = {"gatewayClassName": given["gateway_class"], "listeners": _listeners(given)}
    if controller == ENVOY:
        spec["infrastructure"] = {"parametersRef": {"group": ENVOY_GROUP, "kind": ENVOY_PROXY, "name": NAME}}
    elif given["address"]:
        spec["addresses"] = [{"type": "IPAddress", "value": given["address"]}]
    return _object("Gateway", NAME, given["namespace"], spec)


def _listeners(given: Given) -> list[Object]:
    spaces = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": [given["namespace"], _MONITORING]}
    https = {
        "name": HTTPS, "protocol": "HTTPS", "port": 443, "hostname": f"*.{given['gateway_dns']}",
        "tls": {"mode": "Terminate", "certificateRefs": [{"kind": "Secret", "name": given["certificate_secret"]}]},
        "allowedRoutes": {"namespaces": {"from": "Selector", "selector": {"matchExpressions": [spaces]}}},
    }  # fmt: skip
    return [https, *({"name": name, "protocol": "TCP", "port": port} for name, port in TCP.items())]


def _certificate(given: Given) -> Object:
    """One for all names, which an authority gives by DNS alone."""
    spec = {
        "secretName": given["certificate_secret"],
        "dnsNames": [f"*.{given['gateway_dns']}"],
        "issuerRef": {"group": ISSUER_GROUP, "kind": "ClusterIssuer", "name": given["certificate_issuer"]},
    }
    return _object("Certificate", NAME, given["namespace"], spec, f"{ISSUER_GROUP}/v1")


def _envoy(given: Given) -> Object:
    # kube-vip answers for an address wherever its lease is, which need not be where a proxy runs.
    service = {"type": LOAD_BALANCER, "externalTrafficPolicy": "Cluster", **asking(given["address"])}
    kubernetes: Object = {"envoyService": service, "envoyDeployment": {"replicas": _REPLICAS}}
    if given["addresses"] == HOSTS:
        ports = [
            {"containerPort": port + (_MOVED if port < _PRIVILEGED else 0), "hostPort": port, "protocol": "TCP"}
            for port in (443, *TCP.values())
        ]
        template = {"spec": {"containers": [{"name": "envoy", "ports": ports}]}}
        patch = {"type": "StrategicMerge", "value": {"spec": {"template": template}}}
        kubernetes = {"envoyService": {"type": "ClusterIP"}, "envoyDaemonSet": {"patch": patch}}
    provider = {"type": "Kubernetes", "kubernetes": kubernetes}
    return _object(ENVOY_PROXY, NAME, given["namespace"], {"provider": provider}, f"{ENVOY_GROUP}/v1alpha1")


def _object(kind: str, name: str, namespace: str, spec: Object, version: str = f"{GROUP}/v1") -> Object:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def lack(gateway: Object | None) -> str:
    """What a Gateway lacks until its listeners take connections; empty when nothing."""
    if gateway is None:
        return "not there"
    status = gateway.get("status") or {}
    found = _unmet(status.get("conditions") or [], ("Accepted", "Programmed"), gateway["metadata"]["generation"])
    if not found and not status.get("addresses"):
        found.append("it has no address")
    known = {one["name"]: one.get("conditions") or [] for one in status.get("listeners") or []}
    for listener in gateway["spec"]["listeners"]:
        name = listener["name"]
        wanted = ("Accepted", "ResolvedRefs", "Programmed")
        unmet = _unmet(known.get(name, []), wanted, gateway["metadata"]["generation"])
        found += [f"listener {name}: {one}" for one in unmet]
    return "; ".join(found)


def _unmet(conditions: t.Sequence[Given], wanted: t.Iterable[str], generation: int) -> list[str]:
    """The conditions that do not hold, each with what its controller says."""
    held = {one["type"]: one for one in conditions if one.get("observedGeneration", 0) >= generation}
    found = []
    for name in wanted:
        one = held.get(name)
        if one is None:
            found.append(f"{name} is said by nobody")
        elif one["status"] != "True":
            found.append(f"{name} is {one['status']} ({one.get('reason', '')}: {one.get('message', '')})")
    # All that nobody says is one thing: no controller has seen it.
    return ["no controller has seen it"] if len(found) == len(tuple(wanted)) and not held else found
