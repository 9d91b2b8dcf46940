"""Every example of the modules' documentation runs as it stands: in check mode, for real, and without a change then.

They run on both servers in the order in which a site would have them, so that one finds what another one has made.
"""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.tests.unit.plugins.modules import examples
from case_machine import v2 as machine
from case_switch import SWITCH
from conftest import ROOT
from fake import world
from google.protobuf import json_format
from metalstack.api.v2 import (
    common_pb2,
    filesystem_pb2,
    machine_pb2,
    network_pb2,
    project_pb2,
    size_reservation_pb2,
    tenant_pb2,
)
from objects import MANAGER

Task = examples.Task
# Where the examples' APIs are.
ADDRESSES = {"https://v2.metal.example.org": "v2", "https://api.metal.example.org/metal": "v1"}
SECRETS = {"metal_token": world.token(), "metal_hmac": world.HMAC_KEY}
# Those of others first.
MADE = ("tenant", "project", "partition", "size", "image", "network", "filesystem_layout", "size_reservation")
ORDER = (*MADE, *(f"{kind}_info" for kind in MADE), "machine_info", "switch_info")
PROJECT = "00000000-0000-0000-0000-000000000000"
RESERVATION = "0195f2c0-7b1e-7c3a-8a57-0f4d1c9be311"


def module(name: str) -> Any:
    return importlib.import_module(f"ansible_collections.metalstack.autonomous.plugins.modules.{name}")


TASKS = [task for kind in ORDER for task in examples.read(module(f"metal_{kind}"))]


class Site:
    """Runs tasks against both servers, and keeps what they register."""

    def __init__(self, servers: dict[str, Any], run: Any) -> None:
        self.servers, self._run = servers, run
        self.known: dict[str, Any] = dict(SECRETS)

    def task(self, task: Task, check: bool = False) -> Task:
        """The result; empty of a task that is none of ours."""
        found = examples.options(task, self.known)
        if found is None:
            assert examples.holds(task["ansible.builtin.assert"]["that"], self.known), task["name"]
            return {}
        name, options = found
        options["api_url"] = self.servers[ADDRESSES[options["api_url"]]].url
        result: Task = self._run(module(name), check, **options)
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
    for number in (1, 2):
        free = machine(f"{PROJECT[:-1]}{number}", "fra-equ01", "c1-medium-x86", "ALIVE", "WAITING")
        v2["machine"].put(json_format.ParseDict(free, machine_pb2.Machine()))
    SWITCH.put(servers["v2"])
    return Site(servers, run)


def test_no_module_is_left_out() -> None:
    plain = {path.stem.removeprefix("metal_") for path in (ROOT / "plugins/modules").glob("metal_*.py")}
    others = {name for name in plain if name.startswith(("database", "stack_"))}
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
