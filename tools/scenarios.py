#!/usr/bin/env python3
"""Write docs/failure-scenarios out of what the drills say of themselves; --measured takes over what they measured last.

--check changes nothing and fails when a page is not what would be written.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DRILLS = ROOT / "tests/drills"
PAGES = ROOT / "docs/failure-scenarios"
TIMES = PAGES / "measured.json"

sys.path[:0] = [str(ROOT), str(DRILLS)]

from scenario import MEASURED, Scenario  # noqa: E402

from tools import alerts  # noqa: E402

Times = dict[str, dict[str, float]]
IMPACT = (
    ("initial cluster", "initial_cluster"),
    ("target cluster", "target_cluster"),
    ("end users", "end_users"),
)


def drills() -> list[tuple[Scenario, str, str]]:
    """Each scenario with the file and the name of the test that drills it."""
    found = []
    for path in sorted(DRILLS.glob("test_*.py")):
        module = importlib.import_module(path.stem)
        for name, value in vars(module).items():
            drilled = getattr(value, "scenarios", None)
            # A module that offers any attribute, such as pytest's mark, has this one too.
            if isinstance(drilled, list):
                found += [(each, path.name, name) for each in drilled if isinstance(each, Scenario)]
    return sorted(found, key=lambda each: each[0].id)


def others() -> dict[str, list[str]]:
    """The tests that drill each scenario beside the one that describes it, each with its file."""
    found: dict[str, list[str]] = {}
    for path in sorted(DRILLS.glob("test_*.py")):
        module = importlib.import_module(path.stem)
        for name, value in vars(module).items():
            ids = getattr(value, "also", ())
            for each in ids if name.startswith("test_") else ():
                found.setdefault(each, []).append(f"`{name}` in `tests/drills/{path.name}`")
    return found


def told(scenario: str) -> str:
    """The alerts about it, each with where the page of all alerts has it; or why there is none."""
    found = [
        f"[{rule['alert']}](../alerts.md#{group})"
        for group, rules in alerts.groups().items()
        for rule in rules
        if rule["labels"]["scenario"] == scenario
    ]
    return ", ".join(found) or f"none: {alerts.UNTOLD[scenario]}"


def page(scenario: Scenario, file: str, test: str, more: list[str], times: dict[str, float]) -> str:
    lines = [f"# {scenario.id}: {scenario.title}", "", "| Impact on | |", "|---|---|"]
    lines += [f"| {name} | {getattr(scenario, field)} |" for name, field in IMPACT]
    lines += ["", f"**Detection.** {scenario.detection}", "", f"**Alerts.** {told(scenario.id)}", ""]
    lines += [f"**Remedy.** {scenario.remedy}", ""]
    lines += [f"**Drilled** by {', '.join([f'`{test}` in `tests/drills/{file}`', *more])}.", ""]
    if times:
        lines += ["| Last measured, on two cores | Seconds |", "|---|---|"]
        lines += [f"| {what} | {seconds:g} |" for what, seconds in sorted(times.items())]
        lines.append("")
    return "\n".join(lines)


def index(found: list[tuple[Scenario, str, str]]) -> str:
    lines = ["# Failure scenarios", "", "Each page is written out of the drill that proves it.", ""]
    lines += ["| | What fails | Remedy |", "|---|---|---|"]
    lines += [f"| [{each.id}]({each.id}.md) | {each.title} | {each.remedy} |" for each, _, _ in found]
    return "\n".join([*lines, ""])


def pages(times: Times) -> dict[Path, str]:
    found, more = drills(), others()
    unknown = more.keys() - {each.id for each, _, _ in found}
    if unknown:
        raise SystemExit(f"no drill describes {', '.join(sorted(unknown))}")
    written = {
        PAGES / f"{each.id}.md": page(each, file, test, more.get(each.id, []), times.get(each.id, {}))
        for each, file, test in found
    }
    return {PAGES / "README.md": index(found), **written}


def read(path: Path) -> Any:
    return json.loads(path.read_text()) if path.exists() else {}


def main(arguments: list[str]) -> int:
    times: Times = read(TIMES)
    if "--measured" in arguments:
        for name, seconds in read(MEASURED).items():
            times.setdefault(name, {}).update(seconds)
    wanted = pages(times)
    wanted[TIMES] = json.dumps(times, indent=2, sort_keys=True) + "\n"
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    stale += [path for path in PAGES.glob("*.md") if path not in wanted]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not what the drills say: run make scenarios")
        return 1 if stale else 0
    PAGES.mkdir(exist_ok=True)
    for path in stale:
        if path in wanted:
            path.write_text(wanted[path])
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
