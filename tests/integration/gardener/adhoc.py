"""A module as Ansible runs it, its action plugin included."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from garden import Garden
from gardenlet import Shoot

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"), "ANSIBLE_NOCOLOR": "1"}


def adhoc(module: str, shoot: Shoot, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a module of the collection on a shoot of the garden."""
    return ansible(shoot.garden, module, **{"namespace": shoot.namespace, "name": shoot.name, **options})


def ansible(garden: Garden, module: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a module of the collection on a garden."""
    interpreter = json.dumps({"ansible_python_interpreter": sys.executable})
    command = [sys.executable, "-m", "ansible", "adhoc", "localhost", "-c", "local", "--diff", "-e", interpreter]
    given = json.dumps({"kubeconfig": str(garden.kubeconfig), **options})
    return subprocess.run(
        [*command, "-m", f"metalstack.autonomous.{module}", "-a", given],
        env={**os.environ, **ENVIRONMENT}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
