"""The lab of the suite: its verbs, and the way into its network."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from lab import settings
from lab.network import Network
from lab.object_storage import keys

TREE = Path(__file__).resolve().parents[3]
CLONE_NEWNET = 0x40000000
ENVIRONMENT = {
    **os.environ,
    "LAB_NAME": os.environ.get("OBJECT_STORAGE_LAB", "objects"),
    "LAB_HOSTS": "storage1,offsite1",
}


def lab(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "lab", *arguments], cwd=TREE, env=ENVIRONMENT, check=True, timeout=1800)


def answer(*arguments: str, stdin: str = "") -> str:
    """What a verb prints; one that finds nothing may fail."""
    done = subprocess.run(
        [sys.executable, "-m", "lab", *arguments],
        cwd=TREE,
        env=ENVIRONMENT,
        input=stdin,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=120,
    )
    return done.stdout


def enter_network() -> None:
    """From here on this process is in the lab's network, and so is what it starts. Python 3.12 has os.setns."""
    with Network(settings.from_environment(ENVIRONMENT).netns).path.open() as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")


def keys_of(host: str) -> dict[str, Any]:
    """All that the lab knows of an endpoint, its root account included."""
    return keys.read(settings.from_environment(ENVIRONMENT))[host]


def variables() -> dict[str, Any]:
    """What the inventory tells every host."""
    command = [sys.executable, "inventories/lab/hosts.py", "--list"]
    listed = subprocess.run(command, cwd=TREE, env=ENVIRONMENT, stdout=subprocess.PIPE, check=True, timeout=60)
    return json.loads(listed.stdout)["all"]["vars"]
