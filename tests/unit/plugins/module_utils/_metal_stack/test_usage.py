"""Who uses what is about to be removed."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import usage

MARK = {"labels": {"app.kubernetes.io/managed-by": "metalstack.autonomous"}}
OURS = {"name": "metal-control-plane", "namespace": "metal-control-plane"}
CRD = {
    "kind": "CustomResourceDefinition", "metadata": {"name": "tcproutes.gateway.networking.k8s.io"},
    "spec": {
        "group": "gateway.networking.k8s.io", "names": {"plural": "tcproutes"},
        "versions": [{"name": "v1alpha2", "storage": False}, {"name": "v1", "storage": True}],
    },
}  # fmt: skip


def named(kind, name="a"):
    return {"kind": kind, "metadata": {"name": name}}


def found(namespace="metal-control-plane", metadata=None, **more):
    return {"metadata": {"name": "x", "namespace": namespace, **(metadata or {})}, **more}


def route(*parents, **more):
    return found(spec={"parentRefs": list(parents)}, **more)


@pytest.mark.parametrize(
    ("removed", "user", "expected"),
    [
        (CRD, route(OURS), False),
        (CRD, route({"name": "metal-control-plane"}), False),
        (CRD, route({"name": "other"}), True),
        (CRD, route(OURS, {"name": "other"}), True),
        (CRD, route(OURS, namespace="elsewhere"), True),
        (CRD, route({"name": "other"}, metadata=MARK), False),
        (CRD, route({"name": "other"}, metadata={"ownerReferences": [{"kind": "Certificate"}]}), False),
        (named("GatewayClass"), found(spec={"gatewayClassName": "a"}), True),
        (named("GatewayClass"), found(spec={"gatewayClassName": "b"}), False),
        (named("GatewayClass"), found(spec={"gatewayClassName": "a"}, metadata=MARK), False),
        (named("IngressClass", "nginx"), found(spec={"ingressClassName": "nginx"}), True),
        (
            named("IngressClass", "nginx"),
            found(metadata={"annotations": {"kubernetes.io/ingress.class": "nginx"}}),
            True,
        ),
        (named("IngressClass", "nginx"), found(spec={"ingressClassName": "other"}), False),
        (named("StorageClass"), found(spec={"storageClassName": "a"}), True),
        (named("StorageClass"), found(spec={"storageClassName": "b"}), False),
        (named("CSIDriver"), found(spec={"csi": {"driver": "a"}}), True),
        (named("CSIDriver"), found(spec={"local": {}}), False),
        (named("Namespace"), found(), True),
        (named("Namespace"), found(metadata={"labels": {"app.kubernetes.io/managed-by": "envoy-gateway"}}), False),
    ],
)
def test_it_is_told_who_uses_it(removed, user, expected):
    queries = usage.queries(removed, "metal-control-plane")
    assert queries and {uses(user) for _path, uses in queries} == {expected}


def test_instances_are_listed_in_the_version_that_is_stored():
    assert [path for path, _uses in usage.queries(CRD, "a")] == ["/apis/gateway.networking.k8s.io/v1/tcproutes"]


def test_nobody_uses_what_nothing_refers_to():
    assert usage.queries(named("ServiceAccount"), "a") == []
