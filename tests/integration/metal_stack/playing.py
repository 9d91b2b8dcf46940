"""The role, played by ansible-playbook as on a site."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cluster import Cluster
from upstream import Upstream

ROOT = Path(__file__).resolve().parents[3]
ROLE = "metalstack.autonomous.metal_stack_control_plane"
NAMESPACE = "metal-control-plane"
RECORD = "metal-stack-control-plane"
DATABASES = ("metal-db", "ipam-db", "masterdata-db", "zitadel-db", "valkey", "headscale-db")


@dataclass
class Run:
    """What a run has said."""

    returned: int
    output: str

    @property
    def changed(self) -> int:
        return sum(int(one) for one in re.findall(r"^\S+\s+: ok=\d+\s+changed=(\d+)", self.output, re.MULTILINE))

    def result(self) -> dict[str, dict[str, Any]]:
        """What each component was answered, by name."""
        found = [json.loads(text) for text in re.findall(r'"msg": ("RESULT .*")$', self.output, re.MULTILINE)]
        return {one["name"]: one for text in found for one in json.loads(text.removeprefix("RESULT "))}

    def deployed(self) -> list[str]:
        return [name for name, one in self.result().items() if one["changed"]]


@dataclass
class Stage:
    """One control plane, as an inventory describes it."""

    directory: Path
    cluster: Cluster
    upstream: Upstream
    name: str = "initial"
    variables: dict[str, Any] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    components: tuple[str, ...] = ("prepare", "nsq")
    tag: str = "v1.0.0"

    def described(self) -> dict[str, Any]:
        vector = self.upstream.release(self.directory / f"release-{self.name}-{self.tag}.yaml", self.tag)
        given = {
            "stage": self.name,
            "state_path": str(self.directory / "state"),
            "kubeconfig": str(self.cluster.kubeconfig),
            "release_vectors": [
                {
                    "url": str(vector),
                    "variable_mapping_path": "metal_stack_release.mapping",
                    "include_role_defaults": "metal-roles/common/roles/defaults",
                }
            ],
            "roles": {name: str(self.upstream.path / name) for name in ("metal-roles", "ansible-common")},
            "verify": False,
            "production": False,
            "gateway_dns": "metal.example.org",
            "gateway_parents": {"https": [{"name": "https", "namespace": "gateways"}]},
            "node_network": "192.0.2.0/24",
            "pod_network": "198.18.0.0/16",
            "service_network": "198.19.0.0/16",
            "databases": [{"name": name, "intent": "fresh"} for name in DATABASES],
            "components": list(self.components),
            "variables": self.variables,
            "timeout": 60,
            **self.more,
        }
        return {f"metal_stack_control_plane_{name}": value for name, value in given.items()}

    def secret(self, name: str = RECORD) -> dict[str, str]:
        found = self.cluster.find(f"/api/v1/namespaces/{NAMESPACE}/secrets/{name}")
        return dict(found["data"]) if found else {}

    def record(self) -> dict[str, Any]:
        found = self.cluster.find(f"/api/v1/namespaces/{NAMESPACE}/configmaps/{RECORD}")
        return {name: json.loads(text) for name, text in (found or {}).get("data", {}).items()}

    def log(self, component: str) -> Path:
        return self.directory / f"state/.runs/{self.name}/{component}.log"


def playbook(directory: Path, stages: list[Stage]) -> Path:
    """A play that deploys these stages, one after the other."""
    tasks: list[dict[str, Any]] = []
    for stage in stages:
        tasks += [
            {"ansible.builtin.include_role": {"name": ROLE}, "vars": stage.described()},
            {
                "ansible.builtin.debug": {"msg": "RESULT {{ __metal_stack_control_plane_done.components | to_json }}"},
            },
        ]
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
    path = directory / "play.yml"
    path.write_text(json.dumps([play]))
    path.chmod(0o600)
    return path


def environment(directory: Path) -> dict[str, str]:
    (directory / "ansible.cfg").write_text("[defaults]\ncallback_result_format = json\n")
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "K8S_", "KUBE"))}
    return {
        **outside,
        "ANSIBLE_CONFIG": str(directory / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"),
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "METALSTACK_CACHE": str(directory / "cache"),
        "COLUMNS": "100000",
    }


def command(path: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", str(path), *options]


def play(*stages: Stage, options: tuple[str, ...] = (), fails: bool = False) -> Run:
    """Deploy stages in one run."""
    directory = stages[0].directory
    done = subprocess.run(
        command(playbook(directory, list(stages)), *options),
        env=environment(directory),
        capture_output=True,
        text=True,
        check=False,
    )
    output = done.stdout + done.stderr
    assert (done.returncode != 0) is fails, output[-6000:]
    return Run(done.returncode, output)
