"""What a cluster is given beside metal-stack, of manifests and of what helm has made of charts."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import addons
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.errors import StackError
from control_plane import wanted

MARK = {"app.kubernetes.io/managed-by": "metalstack.autonomous"}


def one(kind, name="a", namespace="", **more):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **more.pop("metadata", {})}
    return {"apiVersion": more.pop("version", "v1"), "kind": kind, "metadata": metadata, **more}


def crd(kind, versions, group="example.org"):
    spec = {
        "group": group,
        "names": {"kind": kind, "plural": f"{kind.lower()}s"},
        "scope": "Namespaced",
        "versions": [{"name": name, "served": served, "storage": served} for name, served in versions.items()],
    }
    return one("CustomResourceDefinition", f"{kind.lower()}s.{group}", spec=spec)


def made(*found, namespace="", namespaced=lambda one: one["kind"] not in ("Namespace", "ClusterRole")):
    return addons.made("x", found, namespace, namespaced)


@pytest.mark.parametrize(
    ("addon", "expected"),
    [
        ({"path": "/a.yaml"}, ""),
        ({"url": "https://a", "sha256": "0" * 64}, ""),
        ({"kind": "chart", "path": "/a.tgz", "namespace": "a", "values": {"b": 1}}, ""),
        ({}, "addons: a has no source, expected one of path, url and objects"),
        ({"path": "/a", "objects": [{"kind": "Secret"}]}, "has path and objects, expected one of"),
        ({"url": "https://a"}, "has a url without sha256"),
        ({"kind": "chart", "path": "/a.tgz"}, "is a chart, expected its path or url, and the namespace"),
        ({"path": "/a.yaml", "values": {"b": 1}}, "has values, expected them of a chart alone"),
    ],
)
def test_an_addon_has_one_source(addon, expected):
    found = addons.complaints(wanted(addons=[{"name": "a", **addon}]))
    assert expected in "".join(found) and bool(found) is bool(expected)


def test_an_addon_is_there_once():
    given = wanted(addons=[{"name": "a", "path": "/a"}, {"name": "a", "path": "/b"}])
    assert addons.complaints(given) == ["addons: a is there twice"]


def test_a_manifest_has_objects_also_those_of_lists():
    text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n---\n---\n"
    assert [each["kind"] for each in addons.read(text, "a.yaml")] == ["Secret"]


@pytest.mark.parametrize(
    "text", ["a: [", "just a text", "kind: Secret", "{apiVersion: v1, kind: Secret, metadata: {}}"]
)
def test_what_is_no_manifest_is_told(text):
    with pytest.raises(StackError, match=r"^a\.yaml is no "):
        addons.read(text, "a.yaml")


def test_objects_are_ours_and_come_after_what_they_are_in():
    found = made(
        one("ValidatingWebhookConfiguration"),
        one("Widget", version="example.org/v1"),
        one("Deployment", metadata={"labels": {"app.kubernetes.io/managed-by": "Helm", "app": "a"}}),
        crd("Widget", {"v1": True}),
        one("Namespace"),
    )
    kinds = [each["kind"] for each in found.objects]
    assert kinds == ["Namespace", "CustomResourceDefinition", "Deployment", "Widget", "ValidatingWebhookConfiguration"]
    assert found.objects[2]["metadata"]["labels"] == {**MARK, "app": "a"}
    assert all(each["metadata"]["labels"].items() >= MARK.items() for each in found.objects)


def test_objects_without_a_namespace_are_in_that_of_the_addon_which_is_made():
    found = made(one("Service"), one("Service", "b", "elsewhere"), one("ClusterRole"), namespace="x")
    assert [(each["kind"], each["metadata"].get("namespace")) for each in found.objects] == [
        ("Namespace", None), ("ClusterRole", None), ("Service", "x"), ("Service", "elsewhere"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("hooks", "kept"),
    [("pre-install,pre-upgrade", True), ("post-install", True), ("test", False), ("pre-delete, post-delete", False)],
)
def test_hooks_that_install_are_objects_like_others(hooks, kept):
    assert bool(made(one("Job", metadata={"annotations": {"helm.sh/hook": hooks}})).objects) is kept


def test_the_text_of_a_secret_is_never_told_as_it_is():
    (found,) = made(one("Secret", stringData={"a": "secret"}, data={"b": "eA=="})).objects
    assert found["data"] == {"a": base64.b64encode(b"secret").decode(), "b": "eA=="} and "stringData" not in found


def test_what_several_bring_is_of_the_first_in_whatever_version():
    first, second = (
        addons.Addon("a", [one("Role", version="x/v1")]),
        addons.Addon(
            "b", [one("Role", version="x/v2"), one("Role", "other", version="x/v2"), one("Role", version="y/v1")]
        ),
    )
    found = addons.without_copies([first, second])
    assert [[each["metadata"]["name"] for each in addon.objects] for addon in found] == [["a"], ["other", "a"]]


def test_only_versions_that_are_served_count():
    assert addons.served([crd("TCPRoute", {"v1": True, "v1alpha2": False})]) == {("example.org", "TCPRoute"): {"v1"}}


def test_ingress_nginx_is_told_what_metal_stack_needs_and_the_inventory_wins():
    given = wanted(expose="ingress", address="192.0.2.9", addons=[])
    own = {"controller": {"replicaCount": 2}, "tcp": {"1": "a"}}
    found = addons.values(given, {"name": "ingress-nginx", "values": own})
    space = "metal-control-plane"
    assert found["tcp"] == {"4150": f"{space}/nsqd:4150", "50051": f"{space}/metal-api:50051", "1": "a"}
    assert found["controller"]["replicaCount"] == 2
    assert found["controller"]["service"]["annotations"] == {"kube-vip.io/loadbalancerIPs": "192.0.2.9"}
    assert found["controller"]["ingressClassResource"] == {"name": "nginx"}


def test_ingress_nginx_takes_the_ports_of_hosts_where_no_service_has_an_address():
    found = addons.values(wanted(expose="ingress", addresses="hosts"), {"name": "ingress-nginx", "values": {}})
    controller = found["controller"]
    assert (controller["kind"], controller["hostPort"], controller["service"]) == (
        "DaemonSet", {"enabled": True}, {"type": "ClusterIP"},
    )  # fmt: skip


def test_other_charts_have_their_own_values():
    assert addons.values(wanted(), {"name": "x", "values": {"a": 1}}) == {"a": 1}
    assert addons.values(wanted(), {"name": "cert-manager", "values": {}}) == {"crds": {"enabled": True}}
