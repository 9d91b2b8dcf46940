"""A host in namespaces of its own: Debian's tree with a layer above it, no network, and Ansible by way of chroot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
# What is written stays for the next run; nothing of the tree is changed.
ENTER = """
set -eu
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$TREE,upperdir=$LAYER/upper,workdir=$LAYER/work" "$LAYER/seen"
mount -t proc proc "$LAYER/seen/proc"
mount --rbind /dev "$LAYER/seen/dev"
exec "$@"
"""


class Machine:
    def __init__(self, tree: Path, layer: Path) -> None:
        self._tree, self._layer = tree, layer
        for directory in ("upper/etc", "work", "seen", "plays"):
            (layer / directory).mkdir(parents=True)

    @property
    def seen(self) -> str:
        return str(self._layer / "seen")

    def write(self, path: str, content: bytes) -> None:
        """Put a file there beforehand."""
        file = self._layer / "upper" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def written(self, path: str) -> Path:
        """A file that the host has of its own."""
        return self._layer / "upper" / path

    def run(self, *command: str) -> str:
        """What a command on the host prints, with its errors; one that fails raises."""
        done = self._enter(["chroot", self.seen, *command])
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def play(self, tasks: Sequence[dict[str, Any]], *options: str) -> list[dict[str, Any]]:
        """The results of tasks, in their order; a failed one is the last."""
        plays = [{"hosts": "all", "gather_facts": False, "tasks": list(tasks)}]
        file = self._layer / "plays/play.yml"
        file.write_text(json.dumps(plays))
        (file.parent / "ansible.cfg").write_text("")
        variables = {"ansible_connection": "community.general.chroot", "ansible_python_interpreter": "/usr/bin/python3"}
        command = [sys.executable, "-m", "ansible", "playbook", "-i", f"{self.seen},", str(file), *options]
        done = self._enter([*command, "-e", json.dumps(variables)])
        assert "{" in done.stdout, done.stdout + done.stderr
        document = json.loads(done.stdout[done.stdout.index("\n{\n") if "\n{\n" in done.stdout else 0 :])
        return [task["hosts"][self.seen] for task in document["plays"][0]["tasks"]]

    def _enter(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "TREE": str(self._tree),
            "LAYER": str(self._layer),
            "ANSIBLE_CONFIG": str(self._layer / "plays/ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        }
        namespaces = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, "sh"]
        return subprocess.run([*namespaces, *command], env=environment, capture_output=True, text=True, check=False)
