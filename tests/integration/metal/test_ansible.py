"""The modules as Ansible runs them: packed, in a process of their own, with their libraries."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from conftest import ROOT, credentials
from objects import partition


def test_a_task_runs_and_shows_no_secret(server: Any) -> None:
    given = credentials(server)
    (secret,) = given.values()
    options = {"api_url": server.url, **given, "api_timeout": 60, "partitions": [partition(description="x")]}
    module = "metalstack.autonomous.metal_partition"
    command = [sys.executable, "-m", "ansible", "adhoc", "localhost", "-vvv", "--diff", "-m", module]
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
    }
    for expected in ("CHANGED", "SUCCESS"):
        ran = subprocess.run(
            [*command, "-e", f"ansible_python_interpreter={sys.executable}", "-a", json.dumps(options)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert f"localhost | {expected} =>" in ran.stdout, f"{ran.stdout}{ran.stderr}"
        assert secret not in f"{ran.stdout}{ran.stderr}"
