"""What is refused of a target, all of it at once, and what its shoots are made of."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._target import plan
from target_described import S3, WORKER, shoot, target


def one(**more: Any) -> dict[str, Any]:
    """With one shoot, which is otherwise than usual."""
    return target(shoots=[shoot("stack", "metal_stack", **more)])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # Names.
        (target(project="Target"), "project is 'Target', expected small letters"),
        (target(project="tar--get"), "project is 'tar--get', expected small letters, digits and single hyphens"),
        (target(project="a" * 11), "expected 10 at most"),
        (target(project="target", shoots=[shoot("a" * 16)]), "22 characters together, expected 21 at most"),
        (target(namespace="target"), "namespace is 'target', expected 'garden' or one that begins with garden-"),
        (target(namespace="garden-"), "namespace is 'garden-'"),
        (target(shoots=[]), "shoots is empty"),
        (target(shoots=[shoot("a"), shoot("a")]), "shoots: a is there twice"),
        (target(shoots=[shoot("a", "gardener"), shoot("b", "gardener")]), "a, b carry gardener"),
        (target(shoots=[shoot("a", "seed")]), "a carry seed, and none carries gardener"),
        (target(shoots=[shoot("a", "seed", "gardener")]), "a carries seed and gardener, whose own cluster is a seed"),
        # Machines, and the way out.
        (one(workers=[]), "shoots.stack.workers is empty"),
        (one(workers=[{**WORKER, "minimum": 5}]), "shoots.stack.workers.group-0.minimum is 5, above its maximum 4"),
        (one(workers=[{"name": "a", "minimum": 1, "maximum": 1}]), "workers.a.machine.type is missing"),
        (one(workers=[{"minimum": 1, "maximum": 1}]), "shoots.stack.workers.0.name is missing"),
        (one(firewall={"size": "a", "image": "b", "networks": []}), "firewall.networks is empty"),
        # What is merged over them.
        *(
            (one(spec=spec), f"shoots.stack.spec.{place} is said by an option")
            for spec, place in (
                ({"region": "muc"}, "region"),
                ({"credentialsBindingName": "other"}, "credentialsBindingName"),
                ({"secretBindingName": "other"}, "secretBindingName"),
                ({"seedName": "other"}, "seedName"),
                ({"cloudProfileName": "other"}, "cloudProfileName"),
                ({"kubernetes": {"version": "1.30.0"}}, "kubernetes.version"),
                ({"networking": {"pods": "192.0.2.0/24"}}, "networking.pods"),
                ({"networking": {"nodes": "192.0.2.0/24"}}, "networking.nodes"),
                ({"networking": None}, "networking"),
                ({"provider": {"workers": []}}, "provider.workers"),
                (
                    {"provider": {"infrastructureConfig": {"firewall": {"networks": []}}}},
                    "provider.infrastructureConfig.firewall.networks",
                ),
                ({"dns": {"domain": "metal.one.example.org"}}, "dns.domain"),
                ({"controlPlane": {"highAvailability": {}}}, "controlPlane.highAvailability"),
            )
        ),
        # What else is free, and is none of the role's own.
        *(
            (one(**{kind: {key: "other"}}), f"shoots.stack.{kind}.{key} is said by {said} -> leave it out")
            for kind, key, said in (
                ("labels", "metalstack.autonomous/carries-metal-stack", "option carries"),
                ("labels", "metalstack.autonomous/carries-gardener", "option carries"),
                ("annotations", "cluster.metal-stack.io/name", "option name"),
                ("annotations", "cluster.metal-stack.io/project", "option project_id"),
                ("annotations", "cluster.metal-stack.io/partition", "option partition"),
                ("annotations", "cluster.metal-stack.io/tenant", "option tenant"),
                ("annotations", "shoot.gardener.cloud/ignore", "the state held"),
            )
        ),
        (one(annotations={"gardener.cloud/operation": "retry"}), "gardener.cloud/operation: send it by"),
        (one(labels={"team": 7}), "shoots.stack.labels[team] has 7, which is no text"),
        (one(workers=[WORKER, WORKER]), "group-0 is there twice"),
        # Networks.
        (one(pods=""), "shoots.stack.pods is missing"),
        (one(services=""), "shoots.stack.services is missing"),
        (one(nodes=""), "shoots.stack.nodes is missing"),
        (one(pods="10.244.0.1/18"), "shoots.stack.pods is '10.244.0.1/18', expected a network"),
        (one(pods="198.18.128.0/18"), "shoots.stack.pods (198.18.128.0/18) and initial.networks.pods (198.18.0.0/16)"),
        (one(nodes="192.0.0.0/16"), "initial.networks.nodes (192.0.2.0/24) overlap"),
        (one(services="203.0.113.16/28"), "initial.networks.load_balancers (203.0.113.10-203.0.113.19) overlap"),
        (one(services="10.244.0.0/24"), "shoots.stack.pods (10.244.0.0/18) and shoots.stack.services (10.244.0.0/24)"),
        (one(pods="100.72.0.0/16"), "second.networks.virtual_garden (100.72.0.0/13) overlap"),
        (target(second={"networks": {"virtual_garden": "100.64.0.0/13"}}), "initial.networks.virtual_garden"),
        (target(initial={"networks": {}}), "initial.networks.pods is missing"),
        # What both stages have.
        (target(second={"stage": "initial"}), "stage initial is there twice"),
        (target(second={"stage": "initial-two"}), "stage initial begins the name of stage initial-two"),
        (target(second={"stage": ""}), "second.stage is missing, expected that of the metal_stack"),
        (target(second={"cluster_identity": "initial"}), "cluster_identity initial is that of both stages"),
        (target(second={"cluster_identity": ""}), "second.cluster_identity is missing"),
        (target(initial={"cluster_identity": ""}), "initial.cluster_identity is missing"),
        (target(second={"buckets": []}), "second.buckets is missing"),
        (target(second={"buckets": [{"bucket": "B"}]}), "second.buckets: 'B' is no bucket"),
        (
            target(second={"buckets": [{"endpoint": f"{S3.upper()}:443/", "bucket": "initial-stack/two"}]}),
            "bucket initial-stack at HTTPS://S3.EXAMPLE.NET:443/ is that of both stages",
        ),
        # Nobody knows which storage that is.
        (
            target(second={"buckets": [{"endpoint": "", "bucket": "initial-stack"}]}),
            "bucket initial-stack at the same storage is that of both stages",
        ),
        (target(second={"domains": ["Metal.One.Example.Org."]}), "domain metal.one.example.org is that of both"),
        (target(second={"domains": ["a.metal.one.example.org"]}), "below metal.one.example.org of the other stage"),
        (target(second={"domains": ["example.org"]}), "domain metal.one.example.org is below example.org"),
        (target(second={"domains": []}), "second.domains is missing"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Any], expected: str) -> None:
    assert expected in "; ".join(plan.complaints(given))


def test_nothing_is_refused_of_a_target_that_may_be() -> None:
    assert plan.complaints(target()) == []


def test_what_no_option_says_may_be_merged_over_them() -> None:
    spec = {
        "kubernetes": {"kubeAPIServer": {}}, "addons": {}, "dns": {"providers": []}, "hibernation": {"enabled": True},
        "provider": {"infrastructureConfig": {"firewall": {"logAcceptedConnections": True}}},
    }  # fmt: skip
    given = one(spec=spec)
    assert plan.complaints(given) == []
    (found,) = plan.planned(given)["shoots"]
    assert found["spec"]["kubernetes"] == {"version": "1.35", "kubeAPIServer": {}}


def test_labels_and_annotations_of_others_are_beside_those_of_the_role() -> None:
    mine = {"labels": {"team": "a"}, "annotations": {"cluster.metal-stack.io/description": "b"}}
    given = one(**mine)
    assert plan.complaints(given) == []
    (found,) = plan.planned(given)["shoots"]
    for kind, whole in mine.items():
        assert whole.items() < found[kind].items()


def test_shoots_may_have_the_same_networks_as_each_other() -> None:
    assert plan.complaints(target(shoots=[shoot("a", pods="10.4.0.0/16"), shoot("b", pods="10.4.0.0/16")])) == []


def test_shoots_that_carry_nothing_need_no_second_stage() -> None:
    given = target(shoots=[shoot("alone")])
    given["second"] = {"stage": "", "cluster_identity": "", "domains": [], "buckets": [], "networks": {}}
    assert plan.complaints(given) == []


def test_domains_that_end_alike_are_beside_each_other() -> None:
    assert plan.complaints(target(second={"domains": ["xmetal.one.example.org"]})) == []


def test_all_mistakes_are_told_in_one_go() -> None:
    given = target(project="a" * 11, second={"stage": "initial", "domains": ["metal.one.example.org"]})
    assert len(plan.complaints(given)) == 3


def test_a_shoot_is_rendered_for_metal_stack() -> None:
    firewall = {
        "size": "c1", "image": "firewall-3", "networks": ["internet", "mpls"], "controller_version": "v2.3.0",
        "rate_limits": [{"networkID": "internet", "rate": 1000}],
    }  # fmt: skip
    given = one(
        firewall=firewall, tenant="us", load_balancer_network="internet", high_availability="node", seed="initial",
        domain="stack.example.org", annotations={"a": "b"}, spec={"networking": {"providerConfig": {"kind": "K"}}},
    )  # fmt: skip
    (found,) = plan.planned(given)["shoots"]
    spec, metal = found["spec"], "metal.provider.extensions.gardener.cloud/v1alpha1"
    assert found["annotations"] == {
        "cluster.metal-stack.io/name": "stack", "cluster.metal-stack.io/project": "51d1a0f5",
        "cluster.metal-stack.io/partition": "fra-equ01", "cluster.metal-stack.io/tenant": "us", "a": "b",
    }  # fmt: skip
    assert found["labels"] == {"metalstack.autonomous/carries-metal-stack": "true"}
    assert spec["provider"]["infrastructureConfig"] == {
        "apiVersion": metal, "kind": "InfrastructureConfig", "partitionID": "fra-equ01", "projectID": "51d1a0f5",
        "firewall": {
            "size": "c1", "image": "firewall-3", "networks": ["internet", "mpls"], "controllerVersion": "v2.3.0",
            "rateLimits": [{"networkID": "internet", "rate": 1000}],
        },
    }  # fmt: skip
    assert spec["provider"]["controlPlaneConfig"] == {
        "apiVersion": metal, "kind": "ControlPlaneConfig",
        "cloudControllerManager": {"defaultExternalNetwork": "internet"},
    }  # fmt: skip
    assert spec["networking"] == {
        "type": "calico", "pods": "10.244.0.0/18", "services": "10.244.64.0/18", "providerConfig": {"kind": "K"},
    }  # fmt: skip
    assert spec["controlPlane"] == {"highAvailability": {"failureTolerance": {"type": "node"}}}
    assert (spec["seedName"], spec["dns"]) == ("initial", {"domain": "stack.example.org"})
    assert spec["cloudProfile"] == {"kind": "CloudProfile", "name": "metal"}
    assert spec["credentialsBindingName"] == "metal"
    assert spec["provider"]["workers"] == [{"cri": {"name": "containerd"}, **WORKER}]
    assert found["minimum"] == 3


def test_nothing_is_said_of_what_is_left_to_the_garden() -> None:
    (found,) = plan.planned(one())["shoots"]
    assert not {"seedName", "dns", "controlPlane", "maintenance"} & set(found["spec"])
    assert found["spec"]["provider"]["controlPlaneConfig"].keys() == {"apiVersion", "kind"}


def test_what_depends_on_others_is_removed_first() -> None:
    shoots = [shoot("m", "monitoring"), shoot("s", "metal_stack"), shoot("x"), shoot("g", "gardener")]
    shoots += [shoot("seed-a", "seed"), shoot("seed-b", "seed")]
    found = plan.planned(target(shoots=shoots))
    assert [one["name"] for one in found["shoots"]] == ["seed-a", "seed-b", "g", "s", "m", "x"]
    assert found["carriers"] == {"gardener": "g", "metal_stack": "s", "monitoring": "m"}
    assert found["namespace"] == "garden-target"


def test_one_shoot_may_carry_all_of_it() -> None:
    given = target(shoots=[shoot("all", "metal_stack", "gardener", "monitoring"), shoot("seed", "seed")])
    assert plan.complaints(given) == []
    assert plan.planned(given)["carriers"] == {"gardener": "all", "metal_stack": "all", "monitoring": "all"}
