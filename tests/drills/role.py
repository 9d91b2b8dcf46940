"""Run one role of the collection on the lab's servers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from playbook import INVENTORY, TREE, Run, environment


def run_role(role: str, *arguments: str, timeout: float = 300) -> Run:
    """Run the role with the site's variables; C(arguments) are those of ansible-playbook."""
    tool = Path(sys.executable).parent / "ansible-playbook"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "lab",
            "exec",
            "--",
            str(tool),
            "-i",
            str(INVENTORY),
            f"tests/drills/{role}.yml",
            *arguments,
        ],
        cwd=TREE,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Run(done.returncode, done.stdout)
