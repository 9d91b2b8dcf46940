#!/usr/bin/env python3
"""Write docs/failure-scenarios out of what the drills say of themselves; --measured takes over what they measured last.

--check changes nothing and fails when a page is not what would be written.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs/failure-scenarios"
TIMES = PAGES / "measured.json"

sys.path[:0] = [str(ROOT), str(ROOT / "tests/drills")]

from scenario import DATABASES, GARDEN, MEASURED, Scenario, key  # noqa: E402

from tools import alerts  # noqa: E402

# Where there are drills, and what they are about beside the site itself; first those that begin a page.
DRILLS = {
    "tests/drills": "",
    "tests/integration/metal_stack_restore": DATABASES,
    "tests/integration/garden": GARDEN,
}
Times = dict[str, dict[str, float]]
IMPACT = (
    ("initial cluster", "initial_cluster"),
    ("target cluster", "target_cluster"),
    ("end users", "end_users"),
)


class Drill(NamedTuple):
    """A test that drills a scenario. of: what it is about, empty where that is the site itself."""

    scenario: Scenario
    of: str
    test: str


def said(path: Path) -> Iterator[tuple[str, str, list[Any], dict[str, Any]]]:
    """The tests of a file with what is said of each: the name of the decorator, and what that is given."""
    for test in ast.parse(path.read_text()).body:
        for one in getattr(test, "decorator_list", []):
            if isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id in ("scenario", "also"):
                fields = {field.arg or "": ast.literal_eval(field.value) for field in one.keywords}
                yield test.name, one.func.id, [ast.literal_eval(each) for each in one.args], fields  # type: ignore[attr-defined]


def drills() -> tuple[list[Drill], dict[tuple[str, str], list[str]]]:
    """Those that describe a scenario, and by its id and what they are about the tests that drill it besides."""
    found: list[Drill] = []
    others: dict[tuple[str, str], list[str]] = {}
    for directory, of in DRILLS.items():
        for path in sorted((ROOT / directory).glob("test_*.py")):
            for test, kind, ids, fields in said(path):
                shown = f"`{test}` in `{directory}/{path.name}`"
                if kind == "scenario":
                    found.append(Drill(Scenario(**fields), of, shown))
                for each in ids:
                    others.setdefault((each, of), []).append(shown)
    described = [(each.scenario.id, each.of) for each in found]
    if unknown := others.keys() - {*described}:
        raise SystemExit(f"no drill describes {', '.join(sorted(name for name, _ in unknown))}")
    if twice := sorted({name for name, of in described if described.count((name, of)) > 1}):
        raise SystemExit(f"two drills describe {', '.join(twice)}: one of them only drills it also")
    return sorted(found, key=lambda each: each.scenario.id), others


def told_by(scenario: str, of: str, parts: set[str]) -> str:
    """The alerts about it, each with where the page of all alerts has it; or why there is none.

    parts: of the page, each of which has its own.
    """
    own = alerts.PARTS.get(of, "")
    others = {group for part, group in alerts.PARTS.items() if part in parts}
    found = [
        f"[{rule['alert']}](../alerts.md#{group})"
        for group, rules in alerts.groups().items()
        for rule in rules
        if rule["labels"]["scenario"] == scenario and (group == own if own else group not in others)
    ]
    return ", ".join(found) or (alerts.UNTOLD_OF[of] if of else f"none: {alerts.UNTOLD[scenario]}")


def body(drill: Drill, told: str, more: list[str], times: dict[str, float]) -> list[str]:
    scenario = drill.scenario
    lines = ["| Impact on | |", "|---|---|"]
    lines += [f"| {name} | {getattr(scenario, field)} |" for name, field in IMPACT]
    lines += ["", f"**Detection.** {scenario.detection}", "", f"**Alerts.** {told}", ""]
    lines += [f"**Remedy.** {scenario.remedy}", ""]
    lines += [f"**Drilled** by {', '.join([drill.test, *more])}.", ""]
    if times:
        lines += ["| Last measured, on two cores | Seconds |", "|---|---|"]
        lines += [f"| {what} | {seconds:g} |" for what, seconds in sorted(times.items())]
        lines.append("")
    return lines


def page(parts: list[Drill], others: dict[tuple[str, str], list[str]], times: Times) -> str:
    """One scenario, of the first of these; each of the others is a part of its page."""
    first, *rest = parts
    lines = [f"# {first.scenario.id}: {first.scenario.title}", ""]
    if rest:
        lines += ["Below: " + ", ".join(f"[{one.of}: {one.scenario.title}](#{anchor(one.of)})" for one in rest), ""]
    all_parts = {one.of for one in parts}
    for one in parts:
        name, of = one.scenario.id, one.of
        if one in rest:
            lines += [f"## {of}", "", f"{one.scenario.title}.", ""]
        lines += body(one, told_by(name, of, all_parts), others.get((name, of), []), times.get(key(name, of), {}))
    return "\n".join(lines)


def anchor(of: str) -> str:
    """As GitHub makes it of a heading."""
    return of.lower().replace("'", "").replace(" ", "-")


def index(pages: dict[str, list[Drill]]) -> str:
    lines = ["# Failure scenarios", "", "Each page is written out of the drill that proves it.", ""]
    lines += ["| | What fails | Remedy |", "|---|---|---|"]
    for name, (first, *rest) in pages.items():
        lines.append(f"| [{name}]({name}.md) | {first.scenario.title} | {first.scenario.remedy} |")
        for one in rest:
            link = f"{name}.md#{anchor(one.of)}"
            lines.append(f"| [{name}]({link}) | {one.of}: {one.scenario.title} | {one.scenario.remedy} |")
    return "\n".join([*lines, ""])


def pages(times: Times) -> dict[Path, str]:
    found, others = drills()
    parts: dict[str, list[Drill]] = {}
    for one in found:
        parts.setdefault(one.scenario.id, []).append(one)
    written = {PAGES / f"{name}.md": page(one, others, times) for name, one in parts.items()}
    return {PAGES / "README.md": index(parts), **written}


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
