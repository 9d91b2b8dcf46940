"""Runs a play on this machine, below a directory of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


def run(directory: Path, task: dict[str, Any], variables: dict[str, Any], *options: str) -> dict[str, Any]:
    """Return the result of a play's only task; C(directory) is a variable of it."""
    play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}]
    (directory / "play.yml").write_text(json.dumps(play))
    (directory / "ansible.cfg").write_text("")
    variables = {"ansible_python_interpreter": sys.executable, "directory": str(directory), **variables}
    command = [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", str(directory / "play.yml")]
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(directory / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"),
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "METALSTACK_CACHE": str(directory / "cache"),
    }
    command += ["-e", json.dumps(variables), *options]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    document = json.loads(result.stdout[result.stdout.index("{") :])
    return document["plays"][0]["tasks"][0]["hosts"]["localhost"]
