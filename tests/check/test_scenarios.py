"""The pages of the failure scenarios are what their drills say, and each remedy names what there is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_pages_are_what_the_drills_say() -> None:
    command = [sys.executable, "tools/scenarios.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_remedy_names_playbooks_that_there_are() -> None:
    pages = list((ROOT / "docs/failure-scenarios").glob("[A-Z][0-9]*.md"))
    assert pages
    for page in pages:
        for name in re.findall(r"playbook `([a-z_]+)`", page.read_text()):
            assert (ROOT / f"playbooks/{name}.yml").exists(), f"{page.name}: {name}"
