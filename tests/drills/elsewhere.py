"""Another controller: a checkout of its own, another name, and processes that know nothing of those here."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from playbook import TREE, Run, finish

NAME = "elsewhere"
# What is made in a checkout, and not part of it.
MADE = shutil.ignore_patterns(".*", "__pycache__", "output")
APART = ["unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
NAMED = ["sh", "-c", f'hostname {NAME} && exec "$@"', "sh"]


@dataclass(frozen=True)
class Controller:
    """Runs playbooks from its own checkout."""

    tree: Path

    def play(self, playbook: str, *arguments: str, timeout: float = 900) -> Run:
        """Run a playbook of the collection to its end."""
        tool = str(Path(sys.executable).parent / "ansible-playbook")
        run = [tool, "-i", str(self.tree / "inventories/lab"), f"playbooks/{playbook}.yml", *arguments]
        words = [sys.executable, "-m", "lab", "exec", "--", *APART, *NAMED, *run]
        return finish(words, f"{playbook}-{NAME}", self.tree, timeout)


def controller(directory: Path) -> Controller:
    """Have one whose checkout is in a directory that is not there yet."""
    shutil.copytree(TREE, directory, symlinks=True, ignore=MADE)
    subprocess.run(["make", "-s", "link"], cwd=directory, check=True)
    return Controller(directory)
