"""What the playbook metal_stack has its role deploy, of the inputs of a site: the tasks that deploy, and a real API.

How they are reached, held and backed up is a matter of hosts, which drills have.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from playing import NAMESPACE, ROOT, Run, Stage, environment

TASKS = ROOT / "playbooks/tasks/metal_stack"
# Every server knows it, though one was asked.
RESULT = {"ansible.builtin.debug": {"msg": "RESULT {{ __metal_stack_control_plane_done.components | to_json }}"}}
# Which the site gives itself.
KNOWN = (
    "stage", "kubeconfig", "gateway_dns", "node_network", "pod_network", "service_network", "databases", "storage",
)  # fmt: skip


def inputs(stage: Stage, **more: Any) -> dict[str, Any]:
    """A site whose servers are this machine."""
    role = stage.described()
    return {
        "site_name": "initial",
        "site_domain": "site-a.example.org",
        "site_network": "192.0.2.0/24",
        "site_cluster_cidr": "198.18.0.0/16",
        "site_service_cidr": "198.19.0.0/16",
        "site_metal_stack": True,
        **{name: value for name, value in role.items() if name.partition("control_plane_")[2] not in KNOWN},
        **more,
    }


DEPLOY = ({"ansible.builtin.include_tasks": str(TASKS / "deploy.yml")}, RESULT)


def deploy(
    stage: Stage,
    *options: str,
    fails: bool = False,
    held: tuple[str, ...] = (),
    tasks: tuple[dict[str, Any], ...] = DEPLOY,
    **more: Any,
) -> Run:
    """Run the tasks against the cluster of the stage, whose kubeconfig is read as that of a server.

    held: databases that the cluster has been found to hold since a restore.
    """
    directory = stage.directory
    kubeconfig = json.loads(stage.cluster.kubeconfig.read_text())
    kubeconfig["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:6443"
    (directory / "k3s.yaml").write_text(yaml.safe_dump(kubeconfig))
    host = {"ansible_host": "192.0.2.11", "ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    servers = {name: {**host, **inputs(stage, **more)} for name in ("server1", "server2")}
    inventory = {"k3s_servers": {"hosts": servers}}
    play = {
        "hosts": "k3s_servers", "gather_facts": False, "roles": ["site"], "tasks": list(tasks),
        "vars": {"__site_held_databases": list(held), "__site_reader_image": ""},
    }  # fmt: skip
    (directory / "inventory.yml").write_text(yaml.safe_dump(inventory))
    (directory / "site.yml").write_text(json.dumps([play]))
    (directory / "tmp").mkdir(exist_ok=True)
    where = {
        "cluster_kubeconfig": str(directory / "k3s.yaml"),
        "cluster_url": f"https://127.0.0.1:{stage.cluster.port}",
    }
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ansible", "playbook", "-i", str(directory / "inventory.yml")),
            *(str(directory / "site.yml"), "-e", json.dumps(where), *options),
        ],
        env={
            **environment(directory),
            "ANSIBLE_ROLES_PATH": str(ROOT / "playbooks/roles"),
            "TMPDIR": str(directory / "tmp"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    assert (done.returncode != 0) is fails, output[-6000:]
    assert stage.cluster.token not in output
    # The kubeconfig that was made for the run is gone with it.
    assert [one for one in Path(directory / "tmp").rglob("*") if one.is_file()] == []
    assert list((directory / "state/.runs").rglob("kubeconfig")) == []
    return Run(done.returncode, output)


def test_the_site_gives_what_it_knows_and_a_second_run_changes_nothing(stage: Stage):
    assert deploy(stage).deployed() == ["prepare", "nsq"]
    info = stage.cluster.request("/api/v1/namespaces/kube-system/configmaps/shoot-info")["data"]
    assert info == {"nodeNetwork": "192.0.2.0/24", "podNetwork": "198.18.0.0/16", "serviceNetwork": "198.19.0.0/16"}
    seed = stage.cluster.request("/api/v1/namespaces/garden/configmaps/seed-api-server")["data"]
    assert seed == {"url": "https://api.site-a.example.org:6443"}
    assert deploy(stage).changed == 0


def test_check_mode_tells_which_component_a_variable_deploys(stage: Stage):
    deploy(stage)
    stage.variables = {"nsq_log_level": "debug"}
    told = deploy(stage, "--check", "--diff")
    assert told.result()["nsq"]["reasons"] == ["variables: nsq_log_level"]
    assert told.deployed() == ["nsq"]
    assert deploy(stage).deployed() == ["nsq"]


def test_the_databases_of_a_new_site_begin_without_data_and_are_kept_from_then_on(stage: Stage):
    stage.components = ("prepare", "valkey")
    assert deploy(stage, site_recovery="fresh").deployed() == ["prepare", "valkey"]
    found = stage.cluster.request(f"/apis/apps/v1/namespaces/{NAMESPACE}/statefulsets/valkey")
    assert found["metadata"]["labels"]["metalstack.autonomous/recovery"] == "held-until-data"
    assert deploy(stage).changed == 0


def test_databases_that_a_restored_site_lacks_are_restored_or_nothing_is_deployed(stage: Stage):
    stage.components = ("prepare", "valkey")
    own = {"bucket": "metal-stack", "access_key": "the sidecars' account", "secret_key": "a secret of theirs"}
    first = {"endpoint": "https://127.0.0.1:1", "bucket": "backup", "access_key": "x", "secret_key": "y"}
    given = {"site_object_storage": first, "site_metal_stack_storage": own}
    run = deploy(stage, fails=True, held=("valkey",), **given)
    assert "Their own backups bring back: valkey" in run.output
    # It is the object storage that decides, and does not answer.
    assert "Decide how they begin" in run.output and "valkey: " in run.output and "127.0.0.1:1" in run.output
    assert own["secret_key"] not in run.output
    assert stage.record() == {}


def test_a_control_plane_that_cannot_be_is_refused_before_the_cluster_is_touched(stage: Stage):
    run = deploy(stage, fails=True, metal_stack_control_plane_expose="gateway", site_metal_stack_stage="Initial")
    assert "stage 'Initial', expected small letters" in run.output
    assert stage.record() == {} and stage.secret() == {}


def test_a_partition_is_told_what_the_site_knows_with_a_kubeconfig_for_the_run_alone(stage: Stage):
    names = ("stage", "dns", "api_url", "dns_servers", "ntp_servers", "networks_taken", "release_vectors", "verify")
    said = {name: f"{{{{ metal_stack_partition_{name} }}}}" for name in names}
    read = [
        {"ansible.builtin.slurp": {"src": "{{ metal_stack_partition_kubeconfig }}"}, "register": "there"},
        {"ansible.builtin.debug": {"msg": "{{ 'SAID ' ~ said | to_json }}"}, "vars": {"said": said}},
        {
            "ansible.builtin.assert": {
                "that": f"(there.content | b64decode).count('127.0.0.1:{stage.cluster.port}') == 1"
            }
        },
    ]
    (stage.directory / "read.yml").write_text(json.dumps(read))
    task = {
        "ansible.builtin.include_tasks": str(TASKS / "administer.yml"),
        "vars": {
            "__site_administered": str(stage.directory / "read.yml"),
            "__site_kubeconfig": "{{ metal_stack_partition_kubeconfig }}",
        },
    }
    run = deploy(stage, tasks=(task,), site_networks_taken={"storage": "10.9.0.0/16"}, site_upstream_dns=["192.0.2.53"])
    (text,) = re.findall(r'"msg": ("SAID .*")$', run.output, re.MULTILINE)
    found = json.loads(json.loads(text).removeprefix("SAID "))
    assert found == {
        "stage": "initial", "dns": "metal.site-a.example.org", "api_url": "https://api.metal.site-a.example.org/metal",
        "dns_servers": ["192.0.2.53"], "ntp_servers": ["192.0.2.11", "192.0.2.11"], "verify": False,
        "networks_taken": {
            "nodes": "192.0.2.0/24", "pods": "198.18.0.0/16", "services": "198.19.0.0/16", "storage": "10.9.0.0/16",
        },
        "release_vectors": stage.described()["metal_stack_control_plane_release_vectors"],
    }  # fmt: skip
