"""The second stage as the playbook target has it: with what its shoot hands on, and nothing of the initial stage."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cluster import Cluster
from playing import NAMESPACE, ROOT, Run, Stage, command, environment
from upstream import Upstream

TASKS = ROOT / "playbooks/tasks/target/second_stage.yml"
# The shoot that carries it says these.
OF_SHOOT = ("kubeconfig", "node_network", "pod_network", "service_network")


def play(directory: Path, variables: dict[str, Any]) -> Run:
    tasks = [{"ansible.builtin.include_tasks": str(TASKS)}]
    described = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks, "vars": variables}
    path = directory / "second.yml"
    path.write_text(json.dumps([described]))
    done = subprocess.run(command(path), env=environment(directory), capture_output=True, text=True, check=False)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-6000:]
    return Run(done.returncode, output)


def test_nothing_of_the_initial_stage_is_in_it(
    stage: Stage, other: Callable[[Upstream], Stage], second: Cluster, tmp_path: Path
) -> None:
    prod = other(stage.upstream)
    stage.more = {"namespace": "of-the-initial-stage"}
    initial = stage.described()
    given = {name.removeprefix("metal_stack_control_plane_"): value for name, value in prod.described().items()}
    on_shoot = {
        "kubeconfig": str(second.kubeconfig), "expiration": "2026-11-30T20:00:00Z", "carries": ["metal_stack"],
        "nodes": "10.128.0.0/14", "pods": "10.1.0.0/16", "services": "10.2.0.0/16", "hibernated": False,
    }  # fmt: skip
    variables = {
        **initial, "target_shoot_initial": {"stage": "initial"},
        "target_shoot_handed_on": {
            "stack": on_shoot, "none": {**on_shoot, "expiration": ""}, "asleep": {**on_shoot, "hibernated": True},
        },
        "site_target_metal_stack": {key: value for key, value in given.items() if key not in OF_SHOOT},
    }  # fmt: skip
    assert play(tmp_path, variables).changed > 0
    assert second.find("/api/v1/namespaces/of-the-initial-stage") is None
    assert second.find(f"/apis/apps/v1/namespaces/{NAMESPACE}/statefulsets/nsqd")
    assert stage.cluster.find(f"/apis/apps/v1/namespaces/{NAMESPACE}/statefulsets/nsqd") is None
    info = second.request("/api/v1/namespaces/kube-system/configmaps/shoot-info")["data"]
    assert info == {"nodeNetwork": "10.128.0.0/14", "podNetwork": "10.1.0.0/16", "serviceNetwork": "10.2.0.0/16"}
    assert play(tmp_path, variables).changed == 0
