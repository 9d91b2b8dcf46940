"""The suite in an environment of its own, with what it needs of Debian; arguments go to pytest."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]

if __name__ == "__main__":
    if not shutil.which("restic"):
        subprocess.run(["apt-get", "update", "--quiet"], stdout=sys.stderr, check=True)
        subprocess.run(["apt-get", "install", "--quiet", "--yes", "restic"], stdout=sys.stderr, check=True)
    os.execv(sys.executable, [sys.executable, str(ROOT / "tests/run/apart.py"), str(HERE), *sys.argv[1:]])
