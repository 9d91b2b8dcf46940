"""The Gateway of a control plane, and what it lacks until it can be used."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import gateways, variables
from control_plane import wanted

EXPERIMENTAL = {
    ("gateway.networking.k8s.io", "GatewayClass"): {"v1"},
    ("gateway.networking.k8s.io", "Gateway"): {"v1"},
    ("gateway.networking.k8s.io", "HTTPRoute"): {"v1", "v1beta1"},
    ("gateway.networking.k8s.io", "TCPRoute"): {"v1", "v1alpha2"},
    ("gateway.envoyproxy.io", "EnvoyProxy"): {"v1alpha1"},
    ("cert-manager.io", "Certificate"): {"v1"},
}
TCP_ROUTE = ("gateway.networking.k8s.io", "TCPRoute")


def ours(**more):
    return wanted(gateway_class="eg", gateway_parents={}, **more)


def objects_of(given, controller=gateways.ENVOY, has_class=False):
    return {one["kind"]: one for one in gateways.objects_of(given, controller, has_class)}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ""),
        ({"gateway_class": "", "gateway_controller": gateways.ENVOY}, "expected gateway_class with it"),
        ({"addresses": "hosts", "address": "192.0.2.1"}, "expected none where addresses is hosts"),
        ({"expose": "ingress", "certificate_issuer": "acme"}, "expected it with expose: gateway"),
    ],
)
def test_what_does_not_go_together_is_told(more, expected):
    found = gateways.complaints(wanted(**{"gateway_class": "eg", **more}))
    assert expected in "".join(found) and bool(found) is bool(expected)


@pytest.mark.parametrize(
    ("served", "more", "expected"),
    [
        (EXPERIMENTAL, {}, ""),
        # As the standard channel has it since v1.6.
        ({**EXPERIMENTAL, TCP_ROUTE: {"v1"}}, {}, "the cluster has no TCPRoute v1alpha2 (it has v1) of gateway."),
        ({}, {}, "the cluster has no GatewayClass v1, HTTPRoute v1, TCPRoute v1alpha2, Gateway v1 of"),
        ({}, {"gateway_class": ""}, "the cluster has no GatewayClass v1, HTTPRoute v1, TCPRoute v1alpha2 of"),
        ({}, {"expose": "ingress"}, ""),
        ({}, {"expose": "none"}, ""),
    ],
)
def test_the_kinds_of_the_gateway_api_have_to_be_in_the_versions_of_metal_roles(served, more, expected):
    found = gateways.without_kinds(wanted(**{"gateway_class": "eg", **more}), served)
    assert expected in "".join(found) and bool(found) is bool(expected)


@pytest.mark.parametrize(
    ("controller", "more", "served", "expected"),
    [
        (gateways.ENVOY, {}, EXPERIMENTAL, ""),
        ("", {}, EXPERIMENTAL, "the cluster has no GatewayClass eg, and addons bring none"),
        ("", {"gateway_class": ""}, EXPERIMENTAL, ""),
        ("example.org/a", {"gateway_controller": "example.org/b"}, EXPERIMENTAL, "is of example.org/a, expected"),
        (gateways.ENVOY, {}, {}, "the cluster has no EnvoyProxy"),
        ("example.org/a", {}, {}, ""),
        ("example.org/a", {"addresses": "hosts"}, {}, "addresses is hosts, which example.org/a is not told how"),
        (gateways.ENVOY, {"certificate_issuer": "acme"}, EXPERIMENTAL, ""),
        ("example.org/a", {"certificate_issuer": "acme"}, {}, "the cluster has no Certificate of cert-manager.io"),
    ],
)
def test_somebody_has_to_see_to_our_gateway(controller, more, served, expected):
    found = gateways.without_controller(wanted(**{"gateway_class": "eg", **more}), controller, served)
    assert expected in "".join(found) and bool(found) is bool(expected)


def test_routes_attach_to_our_gateway_unless_others_are_named():
    given = ours()
    section = {"name": "metal-control-plane", "namespace": "metal-control-plane"}
    assert gateways.parents(given) == {
        "https": [{**section, "sectionName": "https"}], "nsq": [{**section, "sectionName": "nsq"}],
        "grpc": [{**section, "sectionName": "grpc"}], "console": [],
    }  # fmt: skip
    named = wanted(gateway_class="eg", gateway_parents={"nsq": [{"name": "other"}]})
    assert gateways.parents(named)["nsq"] == [{"name": "other"}]
    assert variables.all_of(given)["nsq_tcproute_parent_refs"] == [{**section, "sectionName": "nsq"}]


def test_its_listeners_are_those_that_the_routes_need():
    listeners = objects_of(ours())["Gateway"]["spec"]["listeners"]
    assert [(one["name"], one["protocol"], one["port"]) for one in listeners] == [
        ("https", "HTTPS", 443), ("nsq", "TCP", 4150), ("grpc", "TCP", 50051),
    ]  # fmt: skip
    assert listeners[0]["hostname"] == "*.metal.example.org"
    assert listeners[0]["tls"]["certificateRefs"] == [{"kind": "Secret", "name": "metal-stack-tls"}]


def test_a_class_of_somebody_else_is_taken_as_it_is():
    assert objects_of(ours())["GatewayClass"]["spec"] == {"controllerName": gateways.ENVOY}
    assert "GatewayClass" not in objects_of(ours(), has_class=True)
    assert gateways.objects_of(wanted(), "", False) == []


def test_envoy_asks_for_an_address_and_takes_connections_wherever_that_is():
    kubernetes = objects_of(ours(address="192.0.2.9"))["EnvoyProxy"]["spec"]["provider"]["kubernetes"]
    assert kubernetes["envoyService"] == {
        "type": "LoadBalancer", "externalTrafficPolicy": "Cluster", "loadBalancerIP": "192.0.2.9",
        "annotations": {"kube-vip.io/loadbalancerIPs": "192.0.2.9"},
    }  # fmt: skip
    assert kubernetes["envoyDeployment"] == {"replicas": 2}


def test_envoy_takes_the_ports_of_every_host_where_no_service_has_an_address():
    kubernetes = objects_of(ours(addresses="hosts"))["EnvoyProxy"]["spec"]["provider"]["kubernetes"]
    assert kubernetes["envoyService"] == {"type": "ClusterIP"} and "envoyDeployment" not in kubernetes
    template = kubernetes["envoyDaemonSet"]["patch"]["value"]["spec"]["template"]
    ports = template["spec"]["containers"][0]["ports"]
    assert [(one["containerPort"], one["hostPort"]) for one in ports] == [(10443, 443), (4150, 4150), (50051, 50051)]


def test_other_controllers_are_asked_for_an_address_by_the_gateway_itself():
    found = objects_of(ours(address="192.0.2.9"), "example.org/a")
    assert "EnvoyProxy" not in found and "infrastructure" not in found["Gateway"]["spec"]
    assert found["Gateway"]["spec"]["addresses"] == [{"type": "IPAddress", "value": "192.0.2.9"}]


def test_the_certificate_is_of_the_issuer_and_where_the_listener_looks_for_it():
    assert "Certificate" not in objects_of(ours())
    spec = objects_of(ours(certificate_issuer="acme"))["Certificate"]["spec"]
    assert (spec["secretName"], spec["dnsNames"], spec["issuerRef"]["name"]) == (
        "metal-stack-tls", ["*.metal.example.org"], "acme",
    )  # fmt: skip


def held(*names, generation=1, status="True", **more):
    return [{"type": name, "status": status, "observedGeneration": generation, **more} for name in names]


def gateway(conditions, listener, addresses=({"value": "192.0.2.9"},), generation=1):
    listeners = [{"name": "https", "conditions": listener}]
    status = {"conditions": conditions, "listeners": listeners, "addresses": list(addresses)}
    metadata = {"generation": generation}
    return {"metadata": metadata, "spec": {"listeners": [{"name": "https"}]}, "status": status}


ACCEPTED, LISTENING = held("Accepted", "Programmed"), held("Accepted", "ResolvedRefs", "Programmed")
NO_ADDRESS = held("Programmed", status="False", reason="AddressNotAssigned", message="no address yet")
NO_SECRET = held("ResolvedRefs", status="False", reason="InvalidCertificateRef", message="no Secret")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (gateway(ACCEPTED, LISTENING), ""),
        (None, "not there"),
        (
            gateway(ACCEPTED, LISTENING, generation=2),
            "no controller has seen it; listener https: no controller has seen",
        ),
        (gateway(ACCEPTED, LISTENING, addresses=()), "it has no address"),
        ({"metadata": {"generation": 1}, "spec": {"listeners": []}}, "no controller has seen it"),
        (gateway(ACCEPTED[:1] + NO_ADDRESS, LISTENING), "Programmed is False (AddressNotAssigned: no address yet)"),
        (gateway(ACCEPTED[:1], LISTENING), "Programmed is said by nobody"),
        (
            gateway(ACCEPTED, LISTENING[:1] + NO_SECRET + LISTENING[2:]),
            "listener https: ResolvedRefs is False (InvalidCertificateRef: no Secret)",
        ),
    ],
)
def test_it_is_told_what_a_gateway_lacks(found, expected):
    said = gateways.lack(found)
    assert expected in said and bool(said) is bool(expected)
