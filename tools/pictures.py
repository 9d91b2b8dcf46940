#!/usr/bin/env python3
"""Keep the pictures of the page that its drill has taken (tests/drills/test_status_page.py), and show them in its docs.

The drill has them of a site that is monitored: LAB_MONITORED=1, as `make drill` has it.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TAKEN, KEPT = ROOT / "tests/output/pages", ROOT / "docs/pictures"
PAGE = ROOT / "docs/playbooks/status.md"
# What the page shows: the state, the width of the window, and how its reader wants it.
KINDS = {"1280-light": "on a desk, in the light", "360-dark": "on a phone, in the dark"}
STATES = {"good": "All is well", "bad": "A server is lost"}
SHOWN = tuple(f"live-{state}-{kind}.png" for state in STATES for kind in KINDS)
# Behind this sentence.
PLACE = "It holds names and addresses of the site, and no secret.\n"


def with_pictures(text: str) -> str:
    """The text of the page with a table of the pictures, which it may have already."""
    if "../pictures/" in text:
        return text
    rows = ["", f"| {' | '.join(STATES.values())} |", f"|{'---|' * len(STATES)}"]
    for kind, words in KINDS.items():
        cells = [f"![{name}, {words}](../pictures/{state}-{kind}.png)" for state, name in STATES.items()]
        rows.append(f"| {' | '.join(cells)} |")
    before, place, after = text.partition(PLACE)
    if not place:
        raise ValueError(
            f"{PAGE.relative_to(ROOT)} lacks the sentence {PLACE.strip()!r}, behind which pictures are shown"
        )
    return before + place + "\n".join([*rows, ""]) + after


def main() -> int:
    lacking = [name for name in SHOWN if not (TAKEN / name).exists()]
    if lacking:
        print(f"{TAKEN.relative_to(ROOT)} lacks {', '.join(lacking)}: run pytest tests/drills/test_status_page.py")
        return 1
    KEPT.mkdir(exist_ok=True)
    for name in SHOWN:
        shutil.copyfile(TAKEN / name, KEPT / name.removeprefix("live-"))
    PAGE.write_text(with_pictures(PAGE.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
