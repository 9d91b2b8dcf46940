"""A target as an inventory describes it, and the role target_shoot played for it by ansible-playbook."""

from __future__ import annotations

import contextlib
import json
import os
import ssl
import subprocess
import tempfile
import urllib.request
from base64 import b64decode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import landscape
import playing
import power_loss
import yaml
from garden import Garden, Object
from gardenlet import Shoot
from landscapers import Project
from reconciling import Reconciler
from shoot_clusters import Gardenlet

ROLE = "metalstack.autonomous.target_shoot"
SECOND_STAGE = playing.ROOT / "playbooks/tasks/target/second_stage.yml"
SECRET = "the-key-of-metal-api"
SECONDS = 1200


class Projects(Reconciler):
    """gardener-controller-manager, as C(landscapers.py) has it, beside whatever is done with a project."""

    def __init__(self, garden: Garden, name: str) -> None:
        super().__init__(garden)
        self._project = Project(garden, name)
        self.start()

    def steps(self) -> Iterable[Callable[[], None]]:
        return [self._look]

    def _look(self) -> None:
        if self._project.there():
            self._project.reconcile()


@dataclass
class Site:
    """One project with its shoots, whose clusters are made by C(gardenlet)."""

    directory: Path
    garden: Garden
    project: str
    shoots: dict[str, Object]
    more: dict[str, Any] = field(default_factory=dict)
    # What the inventory says besides, of the initial stage and of the second one.
    besides: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.namespace = f"garden-{self.project}"
        self.state = self.directory / "handed-on"
        self.gardenlet = Gardenlet(self.directory / "shoots", self.garden, self.namespace)
        self.controller = Projects(self.garden, self.project)

    def stop(self) -> None:
        self.gardenlet.stop()
        self.controller.stop()

    def variables(self) -> dict[str, Any]:
        given = {
            "kubeconfig": str(self.garden.kubeconfig),
            "project": self.project,
            "project_owner": {"name": "admin"},
            "credentials_data": {"metalAPIHMac": SECRET},
            "shoots": list(self.shoots.values()),
            "initial": {
                "stage": "initial", "cluster_identity": "initial", "domains": ["metal.one.example.org"],
                "buckets": [{"bucket": "initial"}],
                "networks": {"nodes": "192.0.2.0/24", "pods": "198.18.0.0/16", "services": "198.19.0.0/16"},
            },
            "second": {
                "stage": "prod", "cluster_identity": "prod", "domains": ["metal.two.example.org"],
                "buckets": [{"bucket": "prod"}],
            },
            "state_path": str(self.state),
            "timeout": 300,
            **self.more,
        }  # fmt: skip
        return {f"target_shoot_{name}": value for name, value in given.items()}

    def tasks(self, entry: str) -> list[Object]:
        tasks: list[Object] = [{"ansible.builtin.include_role": {"name": ROLE, "tasks_from": entry}}]
        if "site_target_metal_stack" in self.besides:
            tasks.append({"ansible.builtin.include_tasks": str(SECOND_STAGE)})
        return tasks

    def play(self, *options: str, entry: str = "main", fails: bool = False) -> playing.Run:
        done = subprocess.run(
            self._command(entry, options), env=self._environment(), capture_output=True, text=True, check=False,
            timeout=SECONDS,
        )  # fmt: skip
        output = done.stdout + done.stderr
        assert (done.returncode != 0) is fails, output[-8000:]
        assert SECRET not in output
        return playing.Run(done.returncode, output)

    def begun(self) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
        return power_loss.begun(self._command("main", ()), self._environment(), Path(os.devnull))

    def come_back(self, url: str) -> None:
        """Have what a snapshot of the seed brings back of each shoot, and a ShootState. url: of the seed's API."""
        labels = {"name": "ca", "managed-by": "secrets-manager"}
        info: Object = {
            "apiVersion": "v1", "kind": "ConfigMap", "data": {"url": url},
            "metadata": {"name": "seed-api-server", "namespace": "garden"},
        }  # fmt: skip
        self.garden.apply(info, "configmaps")
        for name, cluster in self.gardenlet.clusters.items():
            space = self.shoot(name).status["technicalID"]
            self.garden.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}}, "namespaces")
            secret: Object = {
                "apiVersion": "v1", "kind": "Secret", "stringData": {"ca.crt": cluster.authority.pem},
                "metadata": {"name": "ca-1", "namespace": space, "labels": labels},
            }  # fmt: skip
            self.garden.apply(secret, "secrets")
            kept = {"name": "ca-1", "type": "secret", "labels": labels, "data": {"ca.crt": ""}}
            state: Object = {
                "apiVersion": landscape.CORE, "kind": "ShootState", "spec": {"gardener": [kept]},
                "metadata": {"name": name, "namespace": self.namespace},
            }  # fmt: skip
            self.garden.apply(state, "shootstates")

    def shoot(self, name: str) -> Shoot:
        return Shoot(self.garden, self.namespace, name)

    def all(self) -> list[str]:
        """What the garden has of the project."""
        path = f"/apis/{landscape.CORE}/namespaces/{self.namespace}/shoots"
        project = self.garden.find(f"/apis/{landscape.CORE}/projects/{self.project}")
        there = [one["metadata"]["name"] for one in self.garden.request(path)["items"]]
        return [*(["project"] if project else []), *sorted(there)]

    def kubeconfig(self, name: str) -> Path:
        return self.state / f"{name}.kubeconfig"

    def asked(self, name: str, path: str) -> Object:
        """What the cluster of a shoot answers to its kubeconfig, with all that is in that checked."""
        config = yaml.safe_load(self.kubeconfig(name).read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        context = ssl.create_default_context(cadata=b64decode(cluster["certificate-authority-data"]).decode())
        with tempfile.TemporaryDirectory() as place:
            pair = []
            for one in ("client-certificate-data", "client-key-data"):
                file = Path(place) / one
                file.write_bytes(b64decode(user[one]))
                pair.append(file)
            context.load_cert_chain(*pair)
        with urllib.request.urlopen(f"{cluster['server']}{path}", context=context, timeout=20) as answer:
            return dict(json.load(answer))

    def _command(self, entry: str, options: tuple[str, ...]) -> list[str]:
        play = {
            "hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": self.tasks(entry),
            "vars": {**self.variables(), **self.besides},
        }  # fmt: skip
        path = self.directory / "play.yml"
        path.write_text(json.dumps([play]))
        path.chmod(0o600)
        return playing.command(path, *options)

    def _environment(self) -> dict[str, str]:
        return playing.environment(self.directory)


def described(name: str, *carries: str, **more: Any) -> Object:
    """A shoot of the rig's landscape, as the role takes it."""
    image = {"name": landscape.IMAGE, "version": "12.0.20260201"}
    machine = {"type": landscape.MACHINES[0], "image": image}
    worker = {"name": "group-0", "minimum": 2, "maximum": 3, "maxSurge": 1, "maxUnavailable": 0, "machine": machine}
    return {
        "name": name, "carries": list(carries), "kubernetes_version": "1.35.3", "cloud_profile": landscape.PROFILE,
        "region": landscape.REGION, "partition": "fra-1", "project_id": "51d1a0f5-1d3f-4b3f-9f1a-6f6f6d6c6b6a",
        "nodes": "10.128.0.0/14", "pods": "10.1.0.0/16", "services": "10.2.0.0/16",
        "firewall": {"size": landscape.MACHINES[0], "image": "firewall-ubuntu-3.0", "networks": ["internet"]},
        "workers": [worker], **more,
    }  # fmt: skip
