"""What is recorded of a component while its roles run, and what a database that restores is spared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.sentinels import NEVER
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import components, process, record
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.deploy import Deployer
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.errors import StackError
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.frame import Place, Release
from control_plane import wanted
from stack_cluster import Objects

METAL_DB = components.chosen(["metal-db"])[0]
DATABASE = components.DATABASES["metal-db"]
SCHEDULE = DATABASE.sidecar("backup_cron_schedule")


class Site:
    """A cluster, and roles in whose stead C(apply) is called."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path, self.cluster, self.status = path, Objects(), 0
        tasks = path / METAL_DB.roles[0] / "tasks"
        tasks.mkdir(parents=True)
        (tasks / "main.yaml").write_text(f"- debug: {{msg: '{{{{ {SCHEDULE} }}}}'}}\n")
        monkeypatch.setattr(process, "run", self.apply)
        self.recorded_meanwhile = {}
        self.config_meanwhile = None

    def apply(self, command, environment, directory, *_):
        """As metal-roles' template does, the StatefulSet first."""
        self.recorded_meanwhile = self.recorded()
        self.config_meanwhile = self.cluster.get("ConfigMap", "", DATABASE.config)
        if not self.cluster.get("StatefulSet", "", DATABASE.name):
            status = {"updatedReplicas": 1, "readyReplicas": 1}
            self.cluster.put("StatefulSet", DATABASE.name, status=status)
        self.cluster.held["StatefulSet", DATABASE.name]["spec"] = {"replicas": 1}
        handed = (directory / "inventory/group_vars/all.yml").read_text()
        config = next(line for line in handed.splitlines() if line.startswith(SCHEDULE))
        self.cluster.put("ConfigMap", DATABASE.config, data={"config.yaml": config})
        self.cluster.put("Secret", DATABASE.provider, data={})
        return self.status

    def recorded(self) -> dict[str, object]:
        found = self.cluster.get("ConfigMap", "", record.NAME) or {"data": {}}
        return json.loads(found["data"].get("metal-db", "{}"))

    def deploy(self, schedule: str, component: components.Component = METAL_DB, dry: bool = False) -> list[str]:
        """The reasons for which it was deployed."""
        deployer = Deployer(
            wanted(),
            Release("v1", {}, self.path, {}),
            Place(self.path / "kubeconfig", self.path / "state", []),
            self.cluster,
            schedules={"metal-db": schedule},
            say=lambda text: None,
            dry=dry,
        )
        try:
            deployer.run([component])
        finally:
            reasons = deployer.done[0].reasons
        return reasons


@pytest.fixture
def site(tmp_path, monkeypatch):
    return Site(tmp_path, monkeypatch)


def test_what_was_begun_and_not_ended_is_deployed_again_also_when_it_is_wanted_as_before(site):
    site.deploy("*/3 * * * *")
    assert site.recorded_meanwhile["unfinished"] is True
    assert "unfinished" not in site.recorded()
    assert site.deploy("*/3 * * * *") == []
    site.status = 1
    with pytest.raises(StackError, match="ansible-playbook ended with 1"):
        site.deploy("0 * * * *")
    site.status = 0
    assert "its last deployment did not come to its end" in site.deploy("*/3 * * * *")
    assert site.cluster.restarts == []
    assert site.deploy("*/3 * * * *") == []


def test_a_sidecar_that_missed_its_configuration_as_the_run_ended_is_restarted_by_the_next(site):
    site.status = 1
    with pytest.raises(StackError):
        site.deploy("0 * * * *")
    assert site.recorded()["sidecar"] == ""
    site.status = 0
    site.deploy("*/3 * * * *")
    assert site.cluster.restarts == ["metal-db"]


def test_a_lost_database_is_restored_without_a_restart_and_backs_up_again_afterwards(site):
    site.deploy("*/3 * * * *")
    del site.cluster.held["StatefulSet", "metal-db"]
    site.deploy(NEVER)
    assert site.config_meanwhile is None
    assert site.cluster.restarts == []
    site.deploy("*/3 * * * *")
    assert site.config_meanwhile is not None
    assert site.cluster.restarts == ["metal-db"]


def test_a_database_is_marked_to_be_held_in_a_cluster_that_is_restored(site):
    site.deploy("*/3 * * * *")
    labels = site.cluster.held["StatefulSet", "metal-db"]["metadata"]["labels"]
    assert labels == {"metalstack.autonomous/recovery": "held-until-data"}


def test_a_database_that_was_held_is_deployed_though_nothing_else_has_changed(site):
    site.deploy("*/3 * * * *")
    site.cluster.held["StatefulSet", "metal-db"]["spec"] = {"replicas": 0}
    assert site.deploy("*/3 * * * *") == ["it is not healthy: StatefulSet metal-db: is scaled to no replicas"]
    assert site.deploy("*/3 * * * *") == []


@pytest.mark.parametrize("dry", [True, False])
def test_a_release_that_helm_has_locked_is_told_with_what_to_do_and_nothing_is_run(site, dry):
    (site.path / components.ROLES / "metal/tasks").mkdir(parents=True)
    site.cluster.pending = {"metal-control-plane": ["sh.helm.release.v1.metal-control-plane.v7"]}
    with pytest.raises(StackError, match=r"locked by Secret .*v7, .* -n metal-control-plane delete secret .*v7$"):
        site.deploy("*/3 * * * *", components.chosen(["metal"])[0], dry)
    assert site.cluster.held == {}
