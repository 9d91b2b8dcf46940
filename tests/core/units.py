"""Unit tests on one ansible-core: units.py CORE PYTHON..."""

from __future__ import annotations

import os
import sys

from interpreter import ROOT, for_core

if __name__ == "__main__":
    venv, version = for_core(sys.argv[1], sys.argv[2:])
    print(f"ansible-core {sys.argv[1]}, Python {version}", flush=True)
    os.chdir(ROOT)
    os.execv(venv / "bin/python", [str(venv / "bin/python"), "-m", "pytest", "-q", "tests/unit"])
