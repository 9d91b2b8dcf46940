"""An environment for one ansible-core, on the first of the given Python versions that this machine has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = 77


def for_core(core: str, pythons: list[str]) -> tuple[Path, str]:
    """Return the environment and its Python version, or end as skipped where there is no such Python."""
    for version in pythons:
        command = [sys.executable, "tools/environment.py", "--python", version, f"tests/core/{core}.txt"]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode == 0:
            return Path(done.stdout.strip()), version
        if done.returncode != 3:
            sys.exit(done.returncode)
    print(f"ansible-core {core} needs Python {' or '.join(pythons)}, which this machine does not have")
    sys.exit(SKIPPED)
