"""What the role gardener is given for the garden of the second stage, which is a line instead of it here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from played import play

ROOT = Path(__file__).resolve().parents[3]
OPTIONS = yaml.safe_load((ROOT / "roles/gardener/meta/argument_specs.yml").read_text())["argument_specs"]["main"][
    "options"
]
DESCRIBED = {
    "version": "v1.138.3", "cluster_identity": "prod", "virtual_services": ["10.252.0.0/16"],
    "others": [{"name": "third", "cluster_identity": "third"}], "domains": ["garden.two.example.org"],
}  # fmt: skip
INITIAL = {
    "cluster_identity": "initial", "domains": ["garden.one.example.org"],
    "buckets": [], "networks": {"load_balancers": "203.0.113.10-203.0.113.19"},
}  # fmt: skip


def shoot(name, *carries, **more):
    return {
        "kubeconfig": f"/{name}", "expiration": "2026-11-30T20:00:00Z", "carries": list(carries), "hibernated": False,
        "servers": {"external": f"https://api.{name}.example.org", "internal": "https://other"}, "region": "fra",
        "nodes": "10.128.0.0/22", "pods": "10.244.0.0/18", "services": "10.244.64.0/18", **more,
    }  # fmt: skip


def garden(directory, described, **handed_on):
    """What was given to the role, None where it was not played; and what was said."""
    handed_on = {"garden": shoot("garden", "gardener"), **handed_on}
    tasks = directory / "playbook/tasks/target"
    role = directory / "collections/ansible_collections/metalstack/autonomous/roles/gardener/tasks"
    defaults = directory / "roles/gardener/defaults"
    for one in (tasks, tasks.parent / "vars", role, defaults):
        one.mkdir(parents=True)
    (tasks.parent / "vars/main.yml").write_text("{}")
    for name in ("gardener", "garden"):
        shutil.copy(ROOT / f"playbooks/tasks/target/{name}.yml", tasks)
    shutil.copy(ROOT / "roles/gardener/defaults/main.yml", defaults)
    every = ", ".join(f"'{name}': {name} | default('MISSING')" for name in OPTIONS)
    (role / "main.yml").write_text(
        json.dumps([{"ansible.builtin.debug": {"msg": f"GIVEN {{{{ {{{every}}} | to_json }}}}"}}])
    )
    variables = {
        "__target": handed_on["garden"], "target_shoot_handed_on": handed_on, "target_shoot_initial": INITIAL,
        "target_shoot_state_path": "/state/target", "site_target_gardener": described,
        # Of the initial stage, as its inventory may have it.
        "gardener_force": True, "gardener_secrets": [{"name": "of-the-initial-stage"}],
    }  # fmt: skip
    played = play(directory, tasks / "gardener.yml", variables, {})
    assert not played.failed, played.output
    lines = [line for line in played.output.splitlines() if "GIVEN" in line]
    if not lines:
        return None, played.output
    said = json.loads(lines[0].partition(": ")[2].rstrip(","))
    found = json.loads(said.removeprefix("GIVEN "))
    return {name.removeprefix("gardener_"): value for name, value in found.items()}, played.output


def test_a_garden_is_deployed_with_what_the_shoot_hands_on(tmp_path):
    given, _said = garden(tmp_path, DESCRIBED)
    assert (given["kubeconfig"], given["runtime"], given["region"]) == ("/garden", True, "fra")
    assert (given["nodes"], given["pods"], given["services"]) == (
        ["10.128.0.0/22"], ["10.244.0.0/18"], ["10.244.64.0/18"],
    )  # fmt: skip
    assert given["seed_api_url"] == "https://api.garden.example.org"
    assert given["virtual_kubeconfig"] == "/state/target/gardener/garden.kubeconfig"
    assert given["state_path"] == "/state/target/gardener/state"
    assert (given["version"], given["cluster_identity"]) == ("v1.138.3", "prod")
    assert "MISSING" not in given.values()


def test_the_initial_garden_is_one_of_the_others_and_gives_nothing(tmp_path):
    given, _said = garden(tmp_path, DESCRIBED)
    assert [one["name"] for one in given["others"]] == ["initial", "third"]
    assert given["others"][0] == {key: INITIAL[key] for key in ("cluster_identity", "domains")} | {"name": "initial"}
    assert given["force"] is False and given["secrets"] == []


def test_what_is_described_goes_before_what_is_handed_on_but_for_the_cluster_itself(tmp_path):
    more = {"seed_api_url": "https://seed.example.org:6443", "virtual_kubeconfig": "/mine", "kubeconfig": "/other"}
    given, _said = garden(tmp_path, {**DESCRIBED, **more})
    assert (given["seed_api_url"], given["virtual_kubeconfig"]) == ("https://seed.example.org:6443", "/mine")
    assert given["kubeconfig"] == "/garden"


def test_a_seed_is_the_shoot_of_its_name_that_is_there_and_awake(tmp_path):
    dns = {"dns": {"type": "powerdns"}}
    seeds = [{"name": name, **dns} for name in ("users", "asleep", "missing")]
    given, _said = garden(
        tmp_path, {**DESCRIBED, "seeds": [*seeds, {"name": "muc", "region": "muc", "nodes": "192.0.2.0/24", **dns}]},
        users=shoot("users", "seed"), asleep=shoot("asleep", "seed", hibernated=True),
        missing=shoot("missing", "seed", expiration=""), muc=shoot("muc", "seed"),
    )  # fmt: skip
    networks = {"nodes": "10.128.0.0/22", "pods": "10.244.0.0/18", "services": "10.244.64.0/18"}
    assert given["seeds"] == [
        {"name": "users", "region": "fra", "kubeconfig": "/users", **networks, **dns},
        {"name": "muc", "region": "muc", "kubeconfig": "/muc", **networks, **dns},
    ]  # fmt: skip


@pytest.mark.parametrize("there", [True, False])
def test_what_the_garden_has_of_its_own_is_compared_with_the_initial_stage(tmp_path, there):
    virtual = tmp_path / "garden.kubeconfig"
    if there:
        virtual.touch()
    described = {
        **DESCRIBED, "virtual_domains": ["api.two.example.org"], "virtual_kubeconfig": str(virtual),
        "backup": {"bucket": "garden-prod", "secret_name": "backup"},
        "secrets": [{"name": "backup", "data": {"endpoint": "https://s3.example.net"}}],
    }  # fmt: skip
    shown = "{{ {'second': target_shoot_second, 'inner': target_shoot_second_garden_kubeconfig} | to_json }}"
    tasks = [
        {"ansible.builtin.include_vars": {"dir": str(ROOT / "playbooks/roles/site/vars/main")}},
        {"ansible.builtin.copy": {"content": shown, "dest": str(tmp_path / "shown"), "mode": "0600"}},
    ]
    stack = {"stage": "prod", "gateway_dns": "metal.two.example.org"}
    given = {"site_target_gardener": described, "site_target_metal_stack": stack}
    book = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks, "vars": given}]
    (tmp_path / "site.yml").write_text(json.dumps(book))
    subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", str(tmp_path / "site.yml"),
         "-e", f"ansible_python_interpreter={sys.executable}"],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"), "HOME": str(tmp_path)},
        cwd=tmp_path, capture_output=True, check=True, timeout=300,
    )  # fmt: skip
    found = json.loads((tmp_path / "shown").read_text())
    assert found["second"] == {
        "stage": "prod", "cluster_identity": "prod",
        "domains": ["metal.two.example.org", "api.two.example.org", "garden.two.example.org"],
        "buckets": [{"endpoint": "https://s3.example.net", "bucket": "garden-prod"}],
        "networks": {"virtual_services": ["10.252.0.0/16"]},
    }  # fmt: skip
    assert found["inner"] == (str(virtual) if there else "")


def test_one_that_others_deploy_is_left_to_them(tmp_path):
    given, said = garden(tmp_path, {"deployed_elsewhere": "yes"})
    assert given is None and "/garden is that of the cluster for Gardener, which somebody else deploys" in said
