"""A host that is a directory, on which a role runs as it is: Debian's own programs, and one that stands for systemd."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import typing as t
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import namespaces
import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CHANGED = re.compile(r"^changed: \[server1\]", re.MULTILINE)


class Run(t.NamedTuple):
    """How much a play has changed on the host, and what it has said."""

    changes: int
    said: str


@dataclass
class Place:
    """The directory, the release's tree, and the process that holds the namespaces; whatever runs ends with that."""

    place: Path
    tree: Path
    first: int

    def plays(
        self,
        plays: Sequence[Mapping[str, Any]],
        hosts: Mapping[str, Mapping[str, Any]],
        site: Mapping[str, Any],
        moved: Mapping[str, Any],
        check: bool = False,
    ) -> list[Run]:
        """Run plays on hosts with a site's variables; C(moved) are places of a role that are on this host elsewhere."""
        inventory, playbook = self.place / "hosts.yml", self.place / "plays.yml"
        shared = {"ansible_python_interpreter": sys.executable, "tree": str(self.tree), **site}
        inventory.write_text(yaml.safe_dump({"all": {"hosts": dict(hosts), "vars": shared}}))
        playbook.write_text(yaml.safe_dump(list(plays)))
        done = subprocess.run(
            [
                *(*self._inside(), str(Path(sys.executable).parent / "ansible-playbook"), "-i", str(inventory)),
                *("--diff", "-e", json.dumps(moved), *(["--check"] if check else []), str(playbook)),
            ],
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, said[-6000:] + self.log()
        return [Run(len(CHANGED.findall(text)), text) for text in said.split("\nPLAY [")[1:]][: len(plays)]

    def systemctl(self, *words: str) -> str:
        """Do with a unit what an operator, or a timer, does."""
        command = [*self._inside(), str(self.place / "bin/systemctl"), *words]
        done = subprocess.run(command, env=self._environment(), capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr + self.log()
        return done.stdout

    def log(self) -> str:
        """Return what the services have said."""
        return "".join(path.read_text() for path in (self.place / "run").glob("*.log"))

    def _inside(self) -> list[str]:
        return ["nsenter", f"--target={self.first}", "--mount", "--pid", f"--wdns={ROOT}"]

    def _environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
            "ANSIBLE_NOCOLOR": "1",
            "PATH": f"{self.place / 'bin'}:{os.environ['PATH']}",
            "STANDING_TREE": str(self.tree),
            "STANDING_UNITS": str(self.place / "units"),
            "STANDING_RUN": str(self.place / "run"),
            "STANDING_STATE": str(self.place / "state"),
        }


@contextlib.contextmanager
def made(tree: Path, name: str) -> Iterator[Place]:
    """Make a host, in namespaces of its own."""
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir="/tmp") as directory:
        place = Path(directory)
        place.chmod(0o755)
        for part in ("bin", "units", "run"):
            (place / part).mkdir()
        shutil.copy(HERE / "systemctl.py", place / "systemctl.py")
        script = place / "bin/systemctl"
        script.write_text(f'#!/bin/sh\nexec {sys.executable} {place}/systemctl.py "$@"\n')
        script.chmod(0o755)
        inside = [
            f"mount -t tmpfs tmpfs {tree}/tmp",
            f"mkdir {tree}{place}",
            f"mount --rbind {place} {tree}{place}",
            # So that services that have ended are no processes any more, though nobody waits for them.
            "trap '' CHLD",
        ]
        with namespaces.holding("\n".join(inside)) as first:
            yield Place(place, tree, first)
