"""Every example of the modules' documentation runs as it stands: in check mode, for real, and without a change then.

They run on both servers in the order in which a site would have them, so that one finds what another one has made.
"""

from __future__ import annotations

import importlib
from typing import Any

import pytest
import yaml
from case_machine import MACHINE
from case_switch import SWITCH
from conftest import ROOT
from fake import world
from jinja2 import StrictUndefined
from jinja2.nativetypes import NativeEnvironment
from metalstack.api.v2 import common_pb2, filesystem_pb2, network_pb2, project_pb2, size_reservation_pb2, tenant_pb2
from objects import MANAGER

Task = dict[str, Any]
COLLECTION = "metalstack.autonomous."
# Where the examples' APIs are.
ADDRESSES = {"https://v2.metal.example.org": "v2", "https://api.metal.example.org/metal": "v1"}
SECRETS = {"metal_token": world.token(), "metal_hmac": world.HMAC_KEY}
# Those of others first.
MADE = ("tenant", "project", "partition", "size", "image", "network", "filesystem_layout", "size_reservation")
ORDER = (*MADE, *(f"{kind}_info" for kind in MADE), "machine_info", "switch_info")
TEMPLATES = NativeEnvironment(undefined=StrictUndefined)
PROJECT = "00000000-0000-0000-0000-000000000000"
RESERVATION = "0195f2c0-7b1e-7c3a-8a57-0f4d1c9be311"


def examples(name: str) -> list[Task]:
    module = importlib.import_module(f"ansible_collections.metalstack.autonomous.plugins.modules.{name}")
    tasks: list[Task] = yaml.safe_load(module.EXAMPLES)
    return tasks


TASKS = [task for kind in ORDER for task in examples(f"metal_{kind}")]


def rendered(value: Any, known: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: rendered(one, known) for key, one in value.items()}
    if isinstance(value, list):
        return [rendered(one, known) for one in value]
    return TEMPLATES.from_string(value).render(known) if isinstance(value, str) else value


class Site:
    """Runs tasks against both servers, and keeps what they register."""

    def __init__(self, servers: dict[str, Any], run: Any) -> None:
        self.servers, self._run = servers, run
        self.known: dict[str, Any] = dict(SECRETS)

    def task(self, task: Task, check: bool = False) -> Task:
        """The result; empty of a task that is none of ours."""
        if "ansible.builtin.assert" in task:
            expected = task["ansible.builtin.assert"]["that"]
            assert TEMPLATES.compile_expression(expected)(**self.known), task["name"]
            return {}
        (action,) = (key for key in task if key.startswith(COLLECTION))
        options = rendered(task[action], self.known)
        options["api_url"] = self.servers[ADDRESSES[options["api_url"]]].url
        name = f"ansible_collections.metalstack.autonomous.plugins.modules.{action.removeprefix(COLLECTION)}"
        result: Task = self._run(importlib.import_module(name), check, **options)
        assert not result.get("failed"), f"{task['name']}: {result.get('msg')}"
        if "register" in task:
            self.known[task["register"]] = result
        return result


@pytest.fixture
def site(servers: dict[str, Any], run: Any) -> Site:
    """What the examples find: what somebody else has made, and what they are to change and to remove."""
    for server in servers.values():
        server.reset()
    v1, v2 = servers["v1"].tables, servers["v2"].tables
    v2["tenant"].put(tenant_pb2.Tenant(login="metal-stack", name="metal-stack"))
    v2["project"].put(project_pb2.Project(uuid=PROJECT, name="old", tenant="metal-stack"))
    v2["filesystem_layout"].put(filesystem_pb2.FilesystemLayout(id="lvm", meta=common_pb2.Meta()))
    reservation = {"id": RESERVATION, "size": "c1-large-x86", "partitions": ["fra-equ01"], "project": PROJECT}
    v2["size_reservation"].put(size_reservation_pb2.SizeReservation(**reservation, amount=1))
    boot = {"imageurl": "https://img/i", "kernelurl": "https://img/k", "commandline": ""}
    marked = common_pb2.Meta(labels=common_pb2.Labels(labels={MANAGER: "ansible"}))
    external = network_pb2.NETWORK_TYPE_EXTERNAL
    v2["network"].put(network_pb2.Network(id="storage", type=external, prefixes=["203.0.113.0/24"], meta=marked))
    v1["partition"].put({"id": "fra-equ02", "bootconfig": boot, "dns_servers": [], "ntp_servers": [], "labels": {}})
    v1["network"].put({"id": "mpls", "networktype": "external", "prefixes": ["203.0.113.0/24"], "labels": {}})
    MACHINE.put(servers["v2"])
    SWITCH.put(servers["v2"])
    return Site(servers, run)


def test_no_module_is_left_out() -> None:
    plain = {path.stem.removeprefix("metal_") for path in (ROOT / "plugins/modules").glob("metal_*.py")}
    others = {name for name in plain if name.startswith(("database", "stack_release"))}
    assert plain - others == set(ORDER)


def test_a_site_that_has_nothing_yet_is_looked_at_in_check_mode(site: Site) -> None:
    for task in TASKS:
        if "ansible.builtin.assert" not in task:
            site.task(task, check=True)
    assert [server.world.writes() for server in site.servers.values()] == [[], []]


def test_every_example_does_what_check_mode_tells_and_the_second_time_nothing(site: Site) -> None:
    for task in TASKS:
        would = site.task(task, check=True)
        did = site.task(task)
        assert did.get("diff") == would.get("diff"), task["name"]
        if "diff" in did:
            assert did["changed"], f"{task['name']}: an example that does nothing shows nothing"
        assert not site.task(task).get("changed"), task["name"]
        assert not did.get("missing"), task["name"]
