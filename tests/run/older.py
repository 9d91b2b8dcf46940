"""Run a command with a lab of the minor version of k3s before its own: a real one where LAB_K3S_DIR has one.

What drills measure is kept in tests/output/measured-older.json; pages of scenarios tell the others.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/drills")]

from scenario import MEASURED  # noqa: E402
from versions import lab_version, minor_before  # noqa: E402


def run(command: list[str], version: str) -> int:
    """Return its status."""
    known = MEASURED.read_text() if MEASURED.exists() else "{}\n"
    try:
        return subprocess.run(command, env={**os.environ, "LAB_K3S_VERSION": version}, check=False).returncode
    finally:
        if MEASURED.exists() and MEASURED.read_text() != known:
            MEASURED.replace(MEASURED.with_stem("measured-older"))
            MEASURED.write_text(known)


if __name__ == "__main__":
    older = minor_before(lab_version())
    if not older:
        sys.exit(f"there is no k3s of the minor version before {lab_version()}: put one where LAB_K3S_DIR says")
    sys.exit(run(sys.argv[1:], older))
