"""Which components of a partition are deployed, with what, and what is recorded of them."""

from __future__ import annotations

import base64
import datetime
import json
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import (
    fleet,
    partition,
    process,
    record,
    standing,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.errors import StackError
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.frame import Place, Release
from stack_cluster import Objects

LEAVES = fleet.Component("leaves", ("odd_leaves", "even_leaves"), ("metal-core",))
GROUPS = {"odd_leaves": ["leaf01"], "even_leaves": ["leaf02"]}
KEPT = {"metal_api_edit_key": "the edit key", "digest_key": "k", "metal_db_password": "another secret"}
GIVEN = {
    "stage": "initial", "namespace": "metal", "id": "fra", "dns": "metal.example.org", "variables": {},
    "redeploy": [], "timeout": 60, "answer_timeout": 5,
}  # fmt: skip


def reached(release):
    """What the control plane has marked."""
    return standing.reached(None, release, {}, datetime.datetime.now(datetime.UTC))


class Site:
    """A cluster with a control plane, two leaves, and roles in whose stead their inventory is read."""

    def __init__(self, path, monkeypatch):
        self.path, self.cluster, self.status, self.given = path, Objects(), 0, dict(GIVEN)
        self.hosts = {name: {"ansible_host": name, "rack": f"of {name}", "unused": 1} for name in ("leaf01", "leaf02")}
        self.release, self.roles = "v0.22.19", path / "roles"
        tasks = self.roles / LEAVES.roles[0] / "tasks"
        tasks.mkdir(parents=True)
        (tasks / "main.yaml").write_text("- debug: {msg: '{{ rack }} {{ metal_partition_metal_api_hmac_edit_key }}'}\n")
        encoded = {name: base64.b64encode(value.encode()).decode() for name, value in KEPT.items()}
        self.cluster.put("Secret", record.NAME, data=encoded)
        self.cluster.put("ConfigMap", standing.NAME, data=reached("v0.22.19"))
        monkeypatch.setattr(process, "run", self.apply)
        self.handed = self.environment = self.inventory = None
        self.played = []

    def apply(self, command, environment, directory, seconds, hear, tick):
        plays = [one["hosts"] for one in json.loads((directory / "play.yml").read_text())]
        self.played.append(plays)
        hear(f"PLAY {plays}\n")
        self.handed = (directory / "inventory/group_vars/all.yml").read_text()
        self.inventory = (directory / "inventory/hosts.yml").read_text()
        self.environment = environment
        self.sockets = Path(environment["ANSIBLE_SSH_CONTROL_PATH_DIR"])
        self.mode = self.sockets.stat().st_mode & 0o777
        return self.status

    def deploy(self, component=LEAVES, dry=False):
        """The reasons for which it was deployed."""
        release = Release(self.release, {}, self.roles, {})
        place = Place(self.path / "kubeconfig", self.path / "state", [])
        inventory = (GROUPS, self.hosts)
        deployer = partition.PartitionDeployer(
            self.given, release, place, self.cluster, inventory, say=lambda text: None, dry=dry
        )
        deployer.run([component])
        return [reason for one in deployer.done for reason in one.reasons]

    def verify(self, dry=False):
        return partition.verified(self.cluster, "metal", "fra", dry)

    def recorded(self):
        found = self.cluster.get("ConfigMap", "metal", "metal-stack-partition-fra") or {"data": {}}
        return json.loads(found["data"].get("leaves", "{}"))


@pytest.fixture
def site(tmp_path, monkeypatch):
    return Site(tmp_path, monkeypatch)


def test_what_was_deployed_is_not_again(site):
    assert site.deploy() == ["it was never deployed"]
    site.verify()
    assert site.deploy() == []


UNSEEN = "nobody has seen that its leaves took their configuration"


def test_what_leaves_were_given_is_deployed_again_until_somebody_has_seen_that_they_took_it(site):
    site.deploy()
    assert site.deploy() == [UNSEEN]
    assert site.verify(dry=True) == ["leaves"] and site.deploy() == [UNSEEN]
    before = site.recorded()
    assert site.verify() == ["leaves"] and site.verify() == []
    assert {**site.recorded(), "unverified": True} == before
    assert site.deploy() == []


def test_nobody_has_to_see_what_is_no_leaf(site):
    spines = fleet.Component("leaves", LEAVES.groups, ("sonic-config",))
    (site.roles / spines.roles[0] / "tasks").mkdir(parents=True)
    site.deploy(spines)
    assert site.verify() == [] and site.deploy(spines) == []


def test_what_was_killed_is_not_verified(site):
    site.status = 1
    with pytest.raises(StackError):
        site.deploy()
    assert site.verify() == [] and site.recorded()["unfinished"] is True


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"rack": "another"}, ["variables: leaf02.rack"]),
        ({"unused": 2}, []),
        # How it is reached changes nothing on it.
        ({"ansible_host": "192.0.2.7"}, []),
    ],
)
def test_what_roles_take_of_a_host_is_a_reason_and_nothing_else(site, change, expected):
    site.deploy()
    site.verify()
    site.hosts["leaf02"] |= change
    assert site.deploy() == expected


def test_a_component_that_is_named_is_deployed_though_nothing_has_changed(site):
    site.deploy()
    site.verify()
    site.given["redeploy"] = ["leaves"]
    assert site.deploy() == ["redeploy names it"]


def test_what_did_not_come_to_its_end_is_deployed_again(site):
    site.status = 1
    with pytest.raises(StackError, match="leaves: ansible-playbook ended with 1"):
        site.deploy()
    assert site.recorded()["unfinished"] is True
    site.status = 0
    assert site.deploy() == ["its last deployment did not come to its end"]
    assert "unfinished" not in site.recorded()


def test_each_half_has_a_playbook_of_its_own_and_both_are_in_the_log(site):
    for _twice in range(2):
        site.played, site.given["redeploy"] = [], ["leaves"]
        site.deploy()
        assert site.played == [["leaf01"], ["leaf02"]]
        log = (site.path / "state/.runs/initial/fra-leaves.log").read_text()
        assert log == "PLAY ['leaf01']\nPLAY ['leaf02']\n"


def test_a_host_that_is_lost_keeps_the_other_half_from_being_touched(site):
    # What ansible-playbook ends with where a host has become unreachable.
    site.status = 4
    with pytest.raises(StackError, match="ended with 4"):
        site.deploy()
    assert site.played == [["leaf01"]]


def test_secrets_of_the_control_plane_are_handed_on_where_roles_take_them_and_no_others(site):
    site.deploy()
    assert "the edit key" in site.handed
    assert "another secret" not in site.handed
    assert "unused" not in site.inventory
    assert "the edit key" not in json.dumps(site.recorded())


def test_what_the_inventory_gives_wins_over_what_the_control_plane_keeps(site):
    site.given["variables"] = {"metal_partition_metal_api_hmac_edit_key": "our own"}
    site.deploy()
    assert "our own" in site.handed
    assert "the edit key" not in site.handed


def test_nothing_of_the_controller_is_left_on_hosts(site, monkeypatch):
    monkeypatch.setenv("SSH_AUTH_SOCK", "/run/agent")
    site.deploy()
    assert "ANSIBLE_REMOTE_TEMP" not in site.environment
    assert site.environment["SSH_AUTH_SOCK"] == "/run/agent"


def test_sockets_of_ssh_have_a_short_place_of_their_own_that_goes(site, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(site.path))
    site.given["stage"] = "a-stage-that-has-a-name-of-more-than-a-few-characters"
    site.deploy()
    # ssh puts a dot and 16 characters behind the 10 of Ansible's digest, and the system takes 107 at most.
    assert len(f"{site.sockets}/") + 10 + 17 <= 107
    assert site.mode == 0o700
    assert not site.sockets.exists()


def test_check_mode_tells_and_does_nothing(site):
    assert site.deploy(dry=True) == ["it was never deployed"]
    assert (site.recorded(), site.handed) == ({}, None)


def test_of_a_release_that_is_not_installed_check_mode_tells_no_variable(site):
    site.deploy()
    site.verify()
    site.roles = site.path / "not-installed"
    assert site.deploy(dry=True) == []
    with pytest.raises(StackError, match="the release has no role"):
        site.deploy()


def test_a_component_without_hosts_is_left_out(site):
    assert site.deploy(fleet.Component("spines", ("spines",), ("none",))) == []


def test_a_role_that_the_release_lacks_is_told(site):
    with pytest.raises(StackError, match="the release has no role metal-roles/partition/roles/none"):
        site.deploy(LEAVES._replace(short=("none",)))


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        (reached("v0.22.18"), "the control plane is at v0.22.18, and the partition would be at v0.22.19"),
        (standing.begun(reached("v0.22.18"), "v0.22.19"), "is on its way to v0.22.19"),
    ],
)
def test_a_partition_is_of_the_release_of_its_control_plane(site, marks, expected):
    site.cluster.put("ConfigMap", standing.NAME, data=marks)
    with pytest.raises(StackError, match=expected):
        site.deploy()
    assert site.handed is None


def test_a_partition_without_a_control_plane_is_refused(site):
    site.cluster.remove("Secret", "metal", record.NAME)
    with pytest.raises(StackError, match="has no secrets yet -> deploy it first"):
        site.deploy()
