"""What the role gardener furnishes a virtual garden with, played on its real API server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import landscape
import pytest
from adhoc import ENVIRONMENT, ROOT
from garden import Garden, Object
from gardenlet import Shoot
from landscapers import CORE, MERGE, Kept, Project, Seed, playing

Play = Callable[..., subprocess.CompletedProcess[str]]
SECRET = "not to be told"
CONFIRMED = {"metadata": {"annotations": {"confirmation.gardener.cloud/deletion": "true"}}}


@pytest.fixture
def name(names: Iterator[str]) -> str:
    return f"r{next(names)}"


@pytest.fixture
def variables(garden: Garden, name: str, tmp_path: Path) -> Object:
    """What a site says of its virtual garden."""
    key = tmp_path / "key"
    key.write_text(SECRET)
    return {
        "gardener_virtual_kubeconfig": str(garden.kubeconfig), "gardener_virtual_force": False,
        "gardener_version": "v1.138.3", "gardener_region": landscape.REGION, "gardener_zones": [],
        "gardener_nodes": ["10.230.0.0/16"], "gardener_pods": ["10.231.0.0/16"], "gardener_services": ["10.232.0.0/16"],
        "gardener_seed": True, "gardener_seed_name": name, "gardener_seed_provider_type": "metal",
        "gardener_gardenlet_chart": "registry.test/charts/gardenlet", "gardener_gardenlet_deployment": {},
        "gardener_gardenlet_config": {"logLevel": "debug"}, "gardener_seed_ingress_domain": f"{name}.ingress.test",
        "gardener_seed_dns": {
            "type": "powerdns", "secret_name": f"dns-{name}", "internal_domain": f"{name}.internal.test",
            "default_domains": [{"domain": f"{name}.default.test", "zone": "default.test"}],
        },
        "gardener_seed_backup": {"provider": "S3", "secret_name": f"backup-{name}"},
        "gardener_seed_secrets": [
            {"name": f"dns-{name}", "data": {"server": "https://dns.test"}, "data_files": {"apiKey": str(key)}},
            {"name": f"backup-{name}", "data_files": {"secretAccessKey": str(key)}},
        ],
        "gardener_seed_labels": {}, "gardener_seed_taints": [], "gardener_seed_timeout": 60,
        "gardener_seed_spec": {"settings": {"scheduling": {"visible": False}}},
        "gardener_seeds": [], "gardener_seeds_removed": [],
        "gardener_cloud_profiles": [{"name": name, "spec": landscape.profile()}],
        "gardener_projects": [{"name": name, "members": [{"name": "a", "roles": ["admin"]}]}],
        "gardener_credentials": [
            {"namespace": f"garden-{name}", "name": "metal", "data_files": {"metalAPIHMac": str(key)}}
        ],
    }  # fmt: skip


@pytest.fixture
def play(variables: Object, tmp_path: Path) -> Play:
    def play(*options: str, **changed: Any) -> subprocess.CompletedProcess[str]:
        tasks = [{"ansible.builtin.include_tasks": str(ROOT / "roles/gardener/tasks/virtual.yml")}]
        book = [{"hosts": "localhost", "gather_facts": False, "connection": "local", "tasks": tasks}]
        (tmp_path / "play.yml").write_text(json.dumps(book))
        given = json.dumps({"ansible_python_interpreter": sys.executable, **variables, **changed})
        return subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", str(tmp_path / "play.yml"), "-e", given,
             "--diff", *options],
            env={**os.environ, **ENVIRONMENT}, capture_output=True, text=True, timeout=400, check=False,
        )  # fmt: skip

    return play


def test_a_virtual_garden_is_furnished_once(garden: Garden, play: Play, name: str) -> None:
    seed, project = Seed(garden, name), Project(garden, name)

    def landscapers() -> None:
        seed.run()
        if project.there():
            project.reconcile()

    previewed = play("--check")
    assert previewed.returncode == 0 and not seed.gardenlet.there(), previewed.stdout + previewed.stderr
    with playing(landscapers):
        done = play()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "changed=4" in done.stdout and "changed=4" in previewed.stdout
    for one in (previewed, done):
        assert SECRET not in one.stdout + one.stderr
    spec = seed.read()["spec"]
    reference = {"apiVersion": "v1", "kind": "Secret", "name": f"dns-{name}", "namespace": "garden"}
    assert spec["dns"]["internal"] == {
        "type": "powerdns", "domain": f"{name}.internal.test", "credentialsRef": reference,
    }  # fmt: skip
    assert spec["dns"]["defaults"][0]["zone"] == "default.test" and spec["backup"]["region"] == landscape.REGION
    assert spec["settings"]["scheduling"] == {"visible": False} and spec["networks"]["pods"] == "10.231.0.0/16"
    config = seed.gardenlet.read()["spec"]["config"]
    assert config["controllers"]["shootState"]["syncPeriod"] == "1h0m0s" and config["logLevel"] == "debug"
    assert Kept(garden, f"{CORE}/cloudprofiles/{name}").there()
    again = play()
    assert again.returncode == 0 and "changed=0" in again.stdout, again.stdout + again.stderr


def users(name: str, kubeconfig: Path) -> Object:
    """A seed in another cluster, for the shoots of end users."""
    return {
        "name": f"{name}-users", "kubeconfig": str(kubeconfig), "nodes": "10.235.0.0/16", "pods": "10.236.0.0/16",
        "services": "10.237.0.0/16", "ingress_domain": f"users.{name}.ingress.test",
        "dns": {"type": "powerdns", "secret_name": f"dns-{name}", "internal_domain": f"users.{name}.internal.test"},
        "backup": {"provider": "S3", "region": "muc", "secret_name": f"users-{name}"},
        "secrets": [{"name": f"dns-{name}", "data": {"apiKey": SECRET}},
                    {"name": f"users-{name}", "data": {"secretAccessKey": SECRET}}],
    }  # fmt: skip


def test_shoots_of_end_users_have_a_seed_in_another_cluster_until_it_is_removed(
    garden: Garden, play: Play, name: str, project: landscape.Project, tmp_path: Path
) -> None:
    kubeconfig = tmp_path / "cluster"
    kubeconfig.write_text(SECRET)
    seed = Seed(garden, f"{name}-users")
    only: Object = {"gardener_seed": False, "gardener_projects": [], "gardener_credentials": []}
    with playing(seed.run):
        done = play(**only, gardener_seeds=[users(name, kubeconfig)])
    assert done.returncode == 0, done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr and f"item={name}-users" in done.stdout
    spec, own = seed.read()["spec"], seed.gardenlet.read()["spec"]
    assert [spec["networks"][one] for one in ("nodes", "pods", "services")] == [
        "10.235.0.0/16", "10.236.0.0/16", "10.237.0.0/16",
    ]  # fmt: skip
    assert (spec["backup"]["region"], spec["backup"]["credentialsRef"]["name"]) == ("muc", f"users-{name}")
    assert spec["dns"]["internal"]["domain"] == f"users.{name}.internal.test"
    assert spec["ingress"]["domain"] == f"users.{name}.ingress.test"
    # It is not where the virtual garden is, whose network policies would close the way there.
    assert "podLabels" not in own["deployment"] and "kubeconfigSecretRef" not in own
    assert own["config"]["controllers"]["shootState"]["syncPeriod"] == "1h0m0s"
    assert "changed=0" in play(**only, gardener_seeds=[users(name, kubeconfig)]).stdout
    garden.apply(landscape.shoot(project, "user"), "shoots")
    Shoot(garden, project.namespace, "user").bind(seed.name)
    done = play(**only, gardener_seeds_removed=[seed.name])
    assert done.returncode != 0 and f"used by Shoot {project.namespace}/user" in done.stdout and seed.there()
    garden.request(f"{Shoot(garden, project.namespace, 'user').path}", "PATCH", CONFIRMED, MERGE)
    garden.request(f"{Shoot(garden, project.namespace, 'user').path}", "DELETE")
    with playing(seed.run):
        done = play(**only, gardener_seeds_removed=[seed.name])
    assert done.returncode == 0 and not seed.there() and not seed.gardenlet.there(), done.stdout + done.stderr


def test_a_garden_that_is_not_there_yet_is_told_in_check_mode_and_missed_otherwise(play: Play, tmp_path: Path) -> None:
    nowhere = {"gardener_virtual_kubeconfig": str(tmp_path / "none")}
    done = play("--check", **nowhere)
    assert done.returncode == 0 and "There is no virtual garden yet" in done.stdout
    done = play(**nowhere)
    assert done.returncode != 0 and "cannot be used" in done.stdout
