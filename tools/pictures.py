#!/usr/bin/env python3
"""Keep the pictures of the page that its drill has taken (tests/drills/test_status_page.py) for the documentation."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TAKEN, KEPT = ROOT / "tests/output/pages", ROOT / "docs/pictures"
# What the page in docs/playbooks/status.md shows: the state, the width of the window, and how its reader wants it.
SHOWN = tuple(f"live-{state}-{kind}.png" for state in ("good", "bad") for kind in ("1280-light", "360-dark"))


def main() -> int:
    lacking = [name for name in SHOWN if not (TAKEN / name).exists()]
    if lacking:
        print(f"{TAKEN.relative_to(ROOT)} lacks {', '.join(lacking)}: run pytest tests/drills/test_status_page.py")
        return 1
    KEPT.mkdir(exist_ok=True)
    for name in SHOWN:
        shutil.copyfile(TAKEN / name, KEPT / name.removeprefix("live-"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
