"""A suite in an environment of its own, made of its requirements.txt if need be: its directory, then what pytest gets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

if __name__ == "__main__":
    suite = Path(sys.argv[1]).resolve()
    make = [sys.executable, "tools/environment.py", str(suite / "requirements.txt")]
    venv = Path(subprocess.run(make, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
    python = str(venv / "bin/python")
    os.chdir(ROOT)
    os.execv(python, [python, "-m", "pytest", "-q", "--durations=8", str(suite), *sys.argv[2:]])
