"""The role, played by ansible-playbook as on a site."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import described
from runtime import Runtime, charts

from lab import build, settings

ROOT = Path(__file__).resolve().parents[3]
RECAP = re.compile(r"^\S+\s+: ok=\d+\s+changed=(\d+)", re.MULTILINE)


class Site:
    """A play of the role on a cluster, with what it writes in a directory."""

    def __init__(self, directory: Path, cluster: Runtime) -> None:
        self.directory, self.cluster = directory, cluster
        self.kubeconfig, self.state = directory / "garden.kubeconfig", directory / "state"
        (directory / "ansible.cfg").write_text("[defaults]\ncallback_result_format = json\n")

    def given(self, **more: Any) -> dict[str, Any]:
        helm = build.ensure("helm", settings.from_environment().cache) / "helm"
        variables = {
            "kubeconfig": str(self.cluster.kubeconfig), "virtual_kubeconfig": str(self.kubeconfig),
            "operator_chart": str(charts() / "operator"), "helm": str(helm), "state_path": str(self.state),
            "secrets": described.SECRETS, "seed": False, "timeout": 120, "access_timeout": 60,
            **described.garden(), **more,
        }  # fmt: skip
        return {f"gardener_{name}": value for name, value in variables.items()}

    def command(self, *options: str, entry: str = "main", **more: Any) -> list[str]:
        play = {
            "hosts": "localhost", "connection": "local", "gather_facts": False,
            "tasks": [{
                "ansible.builtin.include_role": {"name": "metalstack.autonomous.gardener", "tasks_from": entry},
                "vars": self.given(**more),
            }],
        }  # fmt: skip
        path = self.directory / "play.yml"
        path.write_text(json.dumps([play]))
        path.chmod(0o600)
        return [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", str(path), *options]

    @property
    def environment(self) -> dict[str, str]:
        outside = {name: text for name, text in os.environ.items() if not name.startswith(("ANSIBLE_", "K8S_", "KUBE"))}
        return {
            **outside, "ANSIBLE_CONFIG": str(self.directory / "ansible.cfg"), "HOME": str(self.directory),
            "ANSIBLE_COLLECTIONS_PATH": f"{ROOT / '.ansible/collections'}", "ANSIBLE_LOCALHOST_WARNING": "0",
            "COLUMNS": "100000",
        }  # fmt: skip

    def play(self, *options: str, entry: str = "main", fails: bool = False, **more: Any) -> tuple[int, str]:
        """What has changed, and all that was said."""
        command = self.command(*options, entry=entry, **more)
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=600, check=False)
        said = done.stdout + done.stderr
        assert (done.returncode != 0) is fails, said[-6000:]
        return sum(map(int, RECAP.findall(said))), said
