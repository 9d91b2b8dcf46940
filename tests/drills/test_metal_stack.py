"""metal-stack on the cluster of the site, behind one variable: deployed, changed, left alone, and back after a loss.

Its roles are of the form of metal-stack's, and what they deploy sleeps; the charts and images of the original are not
at hand. How a database gets its backup is no part of this, see C(tests/integration/metal_stack).
"""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from backups import backed_up, restore
from cluster import Cluster, lab
from playbook import TREE, play, said

sys.path.append(str(TREE / "tests/integration/metal_stack"))
from upstream import ROLES, Upstream

NAMESPACE = "metal-control-plane"
STAYS = "The control plane of metal-stack stays on the cluster as it is"
RECOVERY, HELD = "metalstack.autonomous/recovery", "metalstack.autonomous/held"

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("backed_up_site")]


def workload(kind: str, name: str, image: str) -> str:
    """A workload that sleeps; the sidecar's container, too, where it has a volume."""
    metadata: dict[str, Any] = {"name": name, "labels": {"app": name}}
    container = {
        "name": name,
        "image": image,
        "imagePullPolicy": "Never",
        "command": ["sh", "-c", "exec sleep 86400"],
        "env": [{"name": "LEVEL", "value": "{{ nsq_log_level }}"}],
    }
    pod = {"terminationGracePeriodSeconds": 0, "containers": [container]}
    spec: dict[str, Any] = {
        "replicas": 1,
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": pod},
    }
    if kind == "StatefulSet":
        spec["serviceName"] = name
    return json.dumps({"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec})


@pytest.fixture(scope="module")
def wanted(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What an inventory says that has metal-stack; its roles apply by the module that the original applies by."""
    path, image = tmp_path_factory.mktemp("metal-stack"), cluster.image("busybox")
    upstream = Upstream(path / "upstream")
    parts = {
        "nsq": [("StatefulSet", "nsqd"), ("Deployment", "nsq-lookupd")],
        "valkey": [("StatefulSet", "valkey")],
    }
    for name, workloads in parts.items():
        text = "\n---\n".join(workload(kind, called, image) for kind, called in workloads)
        upstream.write(upstream.path / ROLES / name / f"templates/{name}.yaml", text)
        apply = {
            "definition": f"{{{{ lookup('template', '{name}.yaml') }}}}",
            "namespace": "{{ metal_control_plane_namespace }}",
        }
        task = {"name": f"Deploy {name}", "kubernetes.core.k8s": apply}
        upstream.role(name, [task], "", {"nsq_log_level": "info"})
    vector = {
        "url": str(upstream.release(path / "release.yaml")),
        "variable_mapping_path": "metal_stack_release.mapping",
        "include_role_defaults": "metal-roles/common/roles/defaults",
    }
    role = {
        "release_vectors": [vector],
        "roles": {name: str(upstream.path / name) for name in ("metal-roles", "ansible-common")},
        "verify": False,
        "production": False,
        # Nobody comes from outside.
        "expose": "none",
        "components": ["prepare", "nsq", "valkey"],
        "state_path": str(path / "state"),
        "timeout": 300,
    }
    return {
        "site_metal_stack": True,
        "site_metal_stack_intent": "fresh",
        **{f"metal_stack_control_plane_{name}": value for name, value in role.items()},
    }


def arguments(wanted: dict[str, Any], **variables: str) -> tuple[str, ...]:
    return ("-e", json.dumps({**wanted, "metal_stack_control_plane_variables": variables}))


def found(cluster: Cluster, what: str) -> Any:
    return cluster.kubectl(cluster.servers[0], f"-n {NAMESPACE} get {what}")


def level(cluster: Cluster) -> str:
    return str(found(cluster, "statefulset nsqd")["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"])


def test_a_bad_description_is_refused_before_anything_is_touched(cluster: Cluster, wanted: dict[str, Any]) -> None:
    bad = {**wanted, "metal_stack_control_plane_components": ["nqs"], "site_metal_stack_stage": "A_"}
    run = play("bootstrap", *arguments(bad))
    assert run.returncode and run.changed() == 0
    assert "components: nqs is none" in said(run) and "stage 'A_'" in said(run)


def test_bootstrap_deploys_it_and_a_second_run_changes_nothing(cluster: Cluster, wanted: dict[str, Any]) -> None:
    play("bootstrap", *arguments(wanted)).succeeded()
    assert level(cluster) == "info"
    assert found(cluster, "statefulset valkey")["metadata"]["labels"][RECOVERY] == "held-until-data"
    info = cluster.kubectl(cluster.servers[0], "-n kube-system get configmap shoot-info")["data"]
    site = cluster.site
    assert info == {
        "nodeNetwork": site["site_network"],
        "podNetwork": site["site_cluster_cidr"],
        "serviceNetwork": site["site_service_cidr"],
    }
    assert play("bootstrap", *arguments(wanted)).succeeded().changed() == 0
    assert play("metal_stack", *arguments(wanted)).succeeded().changed() == 0


def test_another_value_deploys_one_component_alone_and_check_mode_tells_it(
    cluster: Cluster, wanted: dict[str, Any]
) -> None:
    given = arguments(wanted, nsq_log_level="debug")
    told = play("metal_stack", *given, "--check", "--diff").succeeded()
    assert "--- before: nsq" in told.output and "--- before: prepare" not in told.output
    assert level(cluster) == "info"
    run = play("bootstrap", *given).succeeded()
    assert "nsq: variables: nsq_log_level" in said(run)
    assert level(cluster) == "debug"
    assert play("bootstrap", *given).succeeded().changed() == 0


def test_without_the_variable_it_stays_and_that_is_said(cluster: Cluster) -> None:
    run = play("bootstrap").succeeded()
    assert run.changed() == 0
    assert STAYS in said(run)
    assert level(cluster) == "debug"


def test_a_database_is_held_in_a_restored_site_until_it_is_brought_back(
    cluster: Cluster, wanted: dict[str, Any]
) -> None:
    backed_up("-e", "backup_reason=metal-stack")
    lab("wipe", *cluster.servers)
    restore(cluster).succeeded()
    # Nobody has said that it is to be deployed, so nobody has brought back its data.
    assert found(cluster, "statefulset valkey")["spec"]["replicas"] == 0
    assert found(cluster, "pods -l app=valkey")["items"] == []
    assert found(cluster, "statefulset nsqd")["spec"]["replicas"] == 1
    assert play("bootstrap").succeeded().changed() == 0
    given = arguments({**wanted, "site_metal_stack_intent": ""}, nsq_log_level="debug")
    run = play("bootstrap", *given).succeeded()
    assert "valkey: it is not healthy: StatefulSet valkey: is scaled to no replicas" in said(run)
    database = found(cluster, "statefulset valkey")
    assert database["spec"]["replicas"] == 1
    assert HELD not in database["metadata"].get("annotations", {})
    told = cluster.kubectl(cluster.servers[0], "get namespace kube-system")["metadata"]["annotations"]
    assert HELD not in told
    assert play("bootstrap", *given).succeeded().changed() == 0


def test_nothing_of_it_is_left_for_other_drills(cluster: Cluster) -> None:
    cluster.on(cluster.servers[0], f"k3s kubectl delete namespace {NAMESPACE} garden --ignore-not-found", timeout=180)
    assert STAYS not in said(play("bootstrap").succeeded())
