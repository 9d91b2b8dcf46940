"""A suite in an environment of its own: its directory, then what pytest gets.

Its requirements.txt has what it needs of Python's packages, debian.txt, if there, what of Debian's.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from lab import debian  # noqa: E402


def install(packages: list[str]) -> None:
    """Those that are missing."""
    known = subprocess.run(
        ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *packages],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    ).stdout.splitlines()
    missing = [name for name in packages if f"{name} installed" not in known]
    if missing:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", *missing]):
            subprocess.run(["apt-get", "--quiet", *command], env=environment, stdout=sys.stderr, check=True)


if __name__ == "__main__":
    suite = Path(sys.argv[1]).resolve()
    if (suite / "debian.txt").exists():
        # Suites run side by side, and apt waits for nobody.
        with debian.locked(ROOT):
            install((suite / "debian.txt").read_text().split())
    make = [sys.executable, "tools/environment.py", str(suite / "requirements.txt")]
    venv = Path(subprocess.run(make, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
    python = str(venv / "bin/python")
    os.chdir(ROOT)
    os.execv(python, [python, "-m", "pytest", "-q", "--durations=8", str(suite), *sys.argv[2:]])
