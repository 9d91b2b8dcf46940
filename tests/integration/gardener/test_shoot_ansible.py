"""The module as Ansible runs it: in slices, between which it says how far Gardener is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from garden import Garden, Object
from gardenlet import Shoot

ROOT = Path(__file__).resolve().parents[3]
ENVIRONMENT = {"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"), "ANSIBLE_NOCOLOR": "1"}


def adhoc(**options: Any) -> subprocess.CompletedProcess[str]:
    interpreter = json.dumps({"ansible_python_interpreter": sys.executable})
    command = [sys.executable, "-m", "ansible", "adhoc", "localhost", "-c", "local", "--diff", "-e", interpreter]
    return subprocess.run(
        [*command, "-m", "metalstack.autonomous.gardener_shoot", "-a", json.dumps(options)],
        env={**os.environ, **ENVIRONMENT}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_progress_is_shown_while_it_waits(garden: Garden, shoot: Shoot, spec: Object) -> None:
    ended = threading.Event()

    def gardenlet() -> None:
        garden.until(shoot.there, "the shoot is there")
        shoot.start()
        shoot.progress(42, "Deploying Shoot infrastructure")
        # Past the first slice of the wait.
        ended.wait(120)
        shoot.succeed()

    thread = threading.Thread(target=gardenlet)
    thread.start()
    timer = threading.Timer(25, ended.set)
    timer.start()
    try:
        place = {"namespace": shoot.namespace, "name": shoot.name, "kubeconfig": str(garden.kubeconfig)}
        done = adhoc(**place, spec=spec, timeout=200)
    finally:
        ended.set()
        thread.join()
    assert done.returncode == 0, done.stdout + done.stderr
    said = f"{shoot.namespace}/shoot: "
    (line, *_) = [one for one in done.stdout.splitlines() if one.startswith(said)]
    assert "of 200 at most; still to come: operation Create has succeeded" in line
    assert "Create Processing 42 %: Deploying Shoot infrastructure" in line
    # All of the slices together are one change, with the diff of the first one.
    assert "localhost | CHANGED" in done.stdout
    assert [one for one in done.stdout.splitlines() if one.startswith("+") and "region" in one and "fra" in one]
