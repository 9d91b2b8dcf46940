"""What the playbooks of a site have its garden do, of the inputs of a site: their tasks, and a real API.

How hosts are reached, held and backed up is a matter of drills.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import power_loss
import pytest
import yaml
from operator_stand_in import Operator
from role import ROOT, Site
from runtime import CHART, OPERATOR_API, SPACE, Runtime

TASKS = ROOT / "playbooks/tasks"
RECAP = re.compile(r"^\S+\s+: ok=\d+\s+changed=(\d+)", re.MULTILINE)
# Which the site gives itself.
KNOWN = ("kubeconfig", "virtual_kubeconfig", "state_path", "nodes", "pods", "services", "seed_api_url")
DIGEST = {"ansible.builtin.debug": {"msg": "DIGEST {{ __site_garden_digest }} {{ gardener_held | default({}) }}"}}
ACT = ({"ansible.builtin.include_tasks": str(TASKS / "gardener/act.yml")}, DIGEST)
TURN = {"ansible.builtin.include_tasks": str(TASKS / "metal_stack/administer.yml")}


class Servers:
    """Two servers, which are this machine, as an inventory describes them."""

    def __init__(self, directory: Path, cluster: Runtime, virtual: Runtime) -> None:
        self.directory, self.cluster = directory, cluster
        self._role = Site(directory, cluster)
        self._server = f"https://127.0.0.1:{virtual.port}"
        self.kept = directory / "metal-stack/garden"

    def inputs(self) -> dict[str, Any]:
        given = self._role.given(virtual_server=self._server, timeout=60)
        return {
            "site_name": "initial", "site_domain": "site-a.example.org", "site_network": "192.0.2.0/24",
            "site_cluster_cidr": "198.18.0.0/16", "site_service_cidr": "198.19.0.0/16", "site_gardener": True,
            "metal_stack_control_plane_state_path": str(self.directory / "metal-stack"),
            **{name: value for name, value in given.items() if name.partition("gardener_")[2] not in KNOWN},
        }  # fmt: skip

    def command(self, tasks: tuple[dict[str, Any], ...], *options: str, **more: Any) -> list[str]:
        kubeconfig = json.loads(self.cluster.kubeconfig.read_text())
        kubeconfig["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:6443"
        (self.directory / "k3s.yaml").write_text(yaml.safe_dump(kubeconfig))
        host = {
            "ansible_host": "192.0.2.11", "ansible_connection": "local", "ansible_python_interpreter": sys.executable,
        }  # fmt: skip
        servers = {name: {**host, **self.inputs()} for name in ("server1", "server2")}
        (self.directory / "inventory.yml").write_text(yaml.safe_dump({"k3s_servers": {"hosts": servers}}))
        play = {
            "hosts": "k3s_servers", "gather_facts": False, "any_errors_fatal": True, "roles": ["site"],
            "tasks": list(tasks), "vars": {"__site_garden_returns": False, **more},
        }  # fmt: skip
        (self.directory / "site.yml").write_text(json.dumps([play]))
        url = f"https://127.0.0.1:{self.cluster.port}"
        where = {"cluster_kubeconfig": str(self.directory / "k3s.yaml"), "cluster_url": url}
        return [
            *(sys.executable, "-m", "ansible", "playbook", "-i", str(self.directory / "inventory.yml")),
            *(str(self.directory / "site.yml"), "-e", json.dumps(where), *options),
        ]

    @property
    def environment(self) -> dict[str, str]:
        return {**self._role.environment, "ANSIBLE_ROLES_PATH": str(ROOT / "playbooks/roles")}

    def play(self, tasks: tuple[dict[str, Any], ...], *options: str, **more: Any) -> tuple[int, str]:
        done = subprocess.run(
            self.command(tasks, *options, **more), env=self.environment, capture_output=True, text=True, check=False,
            timeout=900,
        )  # fmt: skip
        said = done.stdout + done.stderr
        assert done.returncode == 0, said[-6000:]
        assert self.cluster.token not in said
        # The kubeconfig that was made for the run is gone with it.
        assert list((self.directory / "metal-stack/.runs").rglob("*kubeconfig")) == []
        return sum(map(int, RECAP.findall(said))), said

    @property
    def log(self) -> Path:
        return self.directory / "begun.log"

    def begun(self, tasks: tuple[dict[str, Any], ...], **more: Any) -> AbstractContextManager[subprocess.Popen[bytes]]:
        return power_loss.begun(self.command(tasks, **more), self.environment, self.log)

    def waits(self) -> bool:
        """Whether the run that has begun waits for the operator."""
        return "Rotate credentials of the garden" in self.log.read_text()

    def kept_phases(self) -> set[str]:
        rotation = json.loads((self.kept / "state/gardens.json").read_text())["items"][0]["status"]["credentials"]
        return {one["phase"] for one in rotation.get("rotation", {}).values() if "phase" in one}

    def phases(self) -> set[str]:
        found = (self.cluster.garden() or {})["status"]["credentials"]["rotation"]
        return {one["phase"] for one in found.values() if "phase" in one}


def rotation(kind: str) -> dict[str, Any]:
    """What has the tasks rotate a kind."""
    return {
        "rotate": kind, "__site_administered": str(TASKS / "rotate/garden_credentials.yml"),
        "__site_kubeconfig": "{{ gardener_kubeconfig }}",
    }  # fmt: skip


@pytest.fixture(scope="module")
def servers(bare: Runtime, virtual: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Servers:
    return Servers(tmp_path_factory.mktemp("servers"), bare, virtual)


def told(said: str) -> set[str]:
    return set(re.findall(r"DIGEST ([0-9a-f]{64}) \{\}", said))


def test_1_the_site_gives_what_it_knows_and_marks_what_acts_by_itself(
    servers: Servers, bare: Runtime, beside: Operator
) -> None:
    changed, said = servers.play(ACT)
    assert changed and len(told(said)) == 1, said[-4000:]
    garden = (bare.garden() or {})["spec"]
    assert garden["runtimeCluster"]["networking"]["pods"] == ["198.18.0.0/16"]
    seed = bare.request(f"{SPACE}/configmaps/seed-api-server")["data"]
    assert seed == {"url": "https://api.site-a.example.org:6443"}
    assert bare.request(CHART)["metadata"]["labels"]["metalstack.autonomous/recovery"] == "held"
    assert (servers.kept / "kubeconfig").stat().st_mode & 0o777 == 0o600
    assert sorted(one.name for one in (servers.kept / "state").iterdir()) == [
        "configmaps.json", "gardens.json", "secrets.json",
    ]  # fmt: skip


def test_2_a_second_run_changes_nothing_and_has_the_same_digest(servers: Servers, beside: Operator) -> None:
    changed, said = servers.play(ACT)
    again, said_again = servers.play(ACT)
    assert (changed, again) == (0, 0) and told(said) == told(said_again) and len(told(said)) == 1


@pytest.mark.parametrize(
    ("kind", "sent", "under_way", "reached"),
    [
        ("garden_credentials", "rotate-credentials-start", "Preparing", "Prepared"),
        ("former_garden_credentials", "rotate-credentials-complete", "Completing", "Completed"),
    ],
)
def test_3_a_rotation_that_is_killed_at_each_step_is_gone_on_with(
    servers: Servers, bare: Runtime, beside: Operator, kind: str, sent: str, under_way: str, reached: str
) -> None:
    given = rotation(kind)
    before = bare.garden()
    changed, said = servers.play((TURN,), "--check", **given)
    assert changed and sent not in said and sent in servers.play((TURN,), "--check", "--diff", **given)[1]
    assert bare.garden() == before

    def annotated() -> bool:
        return sent in str((bare.garden() or {})["metadata"].get("annotations"))

    beside.stop()
    with servers.begun((TURN,), **given):
        bare.until(annotated, "it is asked for")
    _killed_while(servers, bare, beside, given, lambda: servers.waits() and under_way in servers.phases())
    # Once it is there, and before its state is kept.
    beside.halted = False
    with servers.begun((TURN,), **given):
        bare.until(lambda: reached in servers.phases() and under_way not in servers.phases(), "the phase is reached")
    servers.play((TURN,), **given)
    assert reached in servers.phases() and servers.kept_phases() == servers.phases()
    begun = _begun(bare)
    assert servers.play((TURN,), **given)[0] == 0
    assert _begun(bare) == begun


def _killed_while(
    servers: Servers, bare: Runtime, beside: Operator, given: dict[str, Any], reached: Callable[[], bool]
) -> None:
    """While the operator is at it, and goes no further."""
    beside.halted = True
    beside.start()
    status = {"status": {"lastOperation": None}}
    bare.request(f"{OPERATOR_API}/gardens/garden/status", "PATCH", status, "application/merge-patch+json")
    with servers.begun((TURN,), **given):
        bare.until(reached, "the operator has taken it up")


def _begun(bare: Runtime) -> dict[str, str]:
    rotations = (bare.garden() or {})["status"]["credentials"]["rotation"]
    return {name: one["lastInitiationTime"] for name, one in rotations.items()}
