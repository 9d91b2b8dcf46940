"""The suite in an environment of its own, made if need be; arguments go to pytest."""

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
    make = [sys.executable, "tools/environment.py", str(HERE / "requirements.txt")]
    venv = Path(subprocess.run(make, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
    python = str(venv / "bin/python")
    os.chdir(ROOT)
    os.execv(python, [python, "-m", "pytest", "-q", "--durations=8", str(HERE), *sys.argv[1:]])
