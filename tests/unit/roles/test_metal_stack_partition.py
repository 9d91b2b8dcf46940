"""What the role judges before it touches anything, and after it has deployed leaves."""

from __future__ import annotations

import json
import re
import sys
import threading

import pytest
import yaml
from played import ROLES, play

ROLE = ROLES / "metal_stack_partition"
COLLECTION = "metalstack.autonomous"
VERIFIED = "metal_stack_partition_verified"
# They are judged when roles are read, which is when they are installed.
OF_ROLES = {"roles", "allow_unmapped"}


def tasks(name):
    return yaml.safe_load((ROLE / "tasks" / name).read_text())


def test_another_release_is_refused_before_that_of_the_stage_is_another_one():
    order = [one["ansible.builtin.import_tasks"] for one in tasks("main.yml")]
    assert order.index("validate.yml") < order.index("install.yml") < order.index("masterdata.yml")
    info = f"{COLLECTION}.metal_stack_release_info"
    (read,) = [one for task in tasks("validate.yml") for one in task.get("block", []) if info in one]
    offered = yaml.safe_load((ROLE / "vars/main.yml").read_text())["__metal_stack_partition_release_offered"]
    assert offered["installed"] == f"{{{{ {read['register']}.installed }}}}"
    (installed,) = [one[f"{COLLECTION}.metal_stack_release"] for one in tasks("install.yml")]
    assert read[info] == {name: value for name, value in installed.items() if name not in OF_ROLES}


RELEASE = {"release": {"name": "v1"}, "installed": {"roles": {}}, "refusals": ["too old"]}
BROKEN = {"failed": True, "msg": "no such vector"}


def judged(directory, **answers):
    """What the plan is asked. answers: of the modules that read."""
    listed = {f"metal_{one}_info": {f"{one}s": [{"id": "a"}]} for one in ("size", "image", "network")}
    given = {
        **yaml.safe_load((ROLE / "defaults/main.yml").read_text()),
        "metal_stack_partition_stage": "prod", "metal_stack_partition_id": "fra", "metal_stack_partition_dns": "a",
        "metal_stack_partition_kubeconfig": "/kubeconfig", "metal_stack_partition_release_vectors": [],
        "__metal_stack_partition_api": {},
    }  # fmt: skip
    (directory / "tasks").mkdir()
    (directory / "vars").symlink_to(ROLE / "vars")
    (directory / "tasks/validate.yml").symlink_to(ROLE / "tasks/validate.yml")
    answers = {"metal_stack_release_info": RELEASE, **listed, **answers, "metal_stack_partition_plan": {}}
    played = play(directory, directory / "tasks/validate.yml", given, answers)
    assert not played.failed, played.output
    (asked,) = played.of("metal_stack_partition_plan")
    return asked


def test_all_that_is_said_of_a_partition_is_judged_at_once(tmp_path):
    asked = judged(tmp_path)
    assert asked["known"] == {"sizes": ["a"], "images": ["a"], "networks": ["a"]} and asked["unread"] == []
    assert {name: asked["release"][name] for name in ("kubeconfig", "name", "refusals")} == {
        "kubeconfig": "/kubeconfig", "name": "v1", "refusals": ["too old"],
    }  # fmt: skip


def test_what_cannot_be_read_keeps_nothing_else_from_being_judged(tmp_path):
    silent = {"failed": True, "msg": "no route"}
    asked = judged(tmp_path, metal_stack_release_info=BROKEN, metal_image_info=silent)
    assert asked["unread"] == ["no such vector", "no route"] and not {"known", "release"} & asked.keys()
    assert asked["partition"]["id"] == "fra"


def described(directory, **more):
    """What the role says of a partition: to the API, and to metal-stack's roles."""
    given = {
        **yaml.safe_load((ROLE / "defaults/main.yml").read_text()),
        "metal_stack_partition_stage": "prod",
        "metal_stack_partition_id": "fra",
        "metal_stack_partition_dns": "a",
        "__metal_stack_partition_api": {},
        **{f"metal_stack_partition_{name}": value for name, value in more.items()},
    }
    said = {"path": "{{ __metal_stack_partition_wanted.variables | to_json }}"}
    (directory / "tasks").mkdir()
    (directory / "vars").symlink_to(ROLE / "vars")
    python = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    asks = [*tasks("masterdata.yml")[:1], {f"{COLLECTION}.metal_size": {"sizes": [said]}, "vars": python}]
    (directory / "tasks/masterdata.yml").write_text(json.dumps(asks))
    kinds = ("partition", "image", "size", "filesystem_layout", "network", "size_reservation")
    played = play(
        directory, directory / "tasks/masterdata.yml", given, {f"metal_{kind}": {"changed": False} for kind in kinds}
    )
    assert not played.failed, played.output
    (partition,) = played.of("metal_partition")[0]["partitions"]
    return partition, json.loads(played.of("metal_size")[-1]["sizes"][0]["path"])


def test_dns_and_time_are_named_once(tmp_path):
    partition, roles = described(tmp_path, dns_servers=["192.0.2.1"], ntp_servers=["192.0.2.2"])
    assert partition == {"id": "fra", "dns_servers": ["192.0.2.1"], "ntp_servers": ["192.0.2.2"]}
    assert roles == {
        "sonic_nameservers": ["192.0.2.1"], "sonic_config_nameservers": ["192.0.2.1"],
        "pixiecore_dns_servers": ["192.0.2.1"], "mgmt_server_nameservers": ["192.0.2.1"],
        "mgmt_server_dns_over_tls": False, "sonic_ntpservers": ["192.0.2.2"],
        "sonic_config_ntp": {"servers": ["192.0.2.2"]}, "pixiecore_metal_hammer_ntp_servers": ["192.0.2.2"],
    }  # fmt: skip


def test_what_is_said_of_dns_and_time_besides_wins(tmp_path):
    partition, roles = described(
        tmp_path, ntp_servers=["192.0.2.2"], properties={"ntp_servers": ["192.0.2.3"], "labels": {"a": "b"}},
        variables={"sonic_ntpservers": ["192.0.2.4"]},
    )  # fmt: skip
    assert partition == {"id": "fra", "ntp_servers": ["192.0.2.3"], "labels": {"a": "b"}}
    assert roles["sonic_ntpservers"] == ["192.0.2.4"] and "sonic_nameservers" not in roles


def verify(directory, deployed, answer):
    """Play the end of a run. answer: of the API, however often it is asked."""
    given = {
        "metal_stack_partition_kubeconfig": "/kubeconfig", "__metal_stack_partition_wanted": {"id": "fra"},
        "ansible_python_interpreter": sys.executable,
        "metal_stack_partition_id": "fra", "metal_stack_partition_switch_timeout": 1,
        "__metal_stack_partition_api": {}, "__metal_stack_partition_done": {"leaves": deployed},
        "__metal_stack_partition_plan": {"leaves": ["leaf01", "leaf02"]},
    }  # fmt: skip
    return play(directory, ROLE / "tasks/verify.yml", given, {"metal_switch_info": answer, VERIFIED: {}})


def test_an_api_that_does_not_answer_is_told(tmp_path):
    output = verify(tmp_path, ["leaf01"], {"failed": True, "msg": "no route to it"}).output
    assert re.search(r"leaf01, leaf02: expected .* no route to it -> look", output)


def test_leaves_that_take_their_configuration_once_they_are_deployed_are_a_partition(tmp_path):
    answer = {"switches": [switch("leaf01"), switch("leaf02")]}
    later = {"switches": [switch("leaf01", time="2026-11-29T18:00:10Z"), switch("leaf02")]}

    def take():
        """Once the API was asked, the next answer is another one."""
        asked = tmp_path / "asked"
        while not (asked.exists() and asked.read_text()) and not ended.wait(0.05):
            pass
        # As a whole, since it may be read at any time.
        (tmp_path / "later").write_text(json.dumps({"metal_switch_info": later}))
        (tmp_path / "later").replace(tmp_path / "answers")

    ended = threading.Event()
    taking = threading.Thread(target=take)
    taking.start()
    try:
        played = verify(tmp_path, ["leaf01"], answer)
    finally:
        ended.set()
        taking.join()
    assert not played.failed, played.output
    assert played.of(VERIFIED) == [{"kubeconfig": "/kubeconfig", "partition": {"id": "fra"}}]


def switch(name, time="2026-11-29T18:00:00Z", error=""):
    last = {"time": time, "duration": 1} if time else {}
    return {"id": name, "last_sync": last, "last_sync_error": {"error": error}, "sync_failed": bool(error)}


@pytest.mark.parametrize(
    ("deployed", "switches", "missing"),
    [
        ([], [switch("leaf01"), switch("leaf02")], ""),
        ([], [switch("leaf01")], "leaf02"),
        ([], [switch("leaf01"), switch("leaf02", time="")], "leaf02"),
        ([], [switch("leaf01"), switch("leaf02", error="no such VLAN")], "leaf02"),
        # They answer as before they were deployed.
        (["leaf01"], [switch("leaf01"), switch("leaf02")], "leaf01"),
        (["leaf01", "leaf02"], [switch("leaf01")], "leaf01, leaf02"),
    ],
    ids=["all", "not registered", "never", "failed", "not since then", "none"],
)
def test_leaves_that_take_no_configuration_are_named(tmp_path, deployed, switches, missing):
    played = verify(tmp_path, deployed, {"switches": switches})
    assert played.failed is bool(missing), played.output
    assert bool(played.of(VERIFIED)) is not bool(missing)
    said = [line for line in played.output.splitlines() if "expected to be registered" in line]
    assert bool(said) is bool(missing)
    assert all(re.search(rf'[":] ?{missing}: expected', line) for line in said), said
    assert not any("Unknown error" in line for line in said)
    assert all("no such VLAN" in line for line in said) or not any(one["sync_failed"] for one in switches)
