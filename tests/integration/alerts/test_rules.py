"""Every alert fires in its case, waits for as long as it says, and is silent before and after."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import unittests
import yaml

ROOT = Path(__file__).resolve().parents[3]
CASES = Path(__file__).parent / "cases"
RULES = sorted((ROOT / "rules").glob("*.yml"))


def groups(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text())["groups"]
    return found


def cases(path: Path) -> dict[str, list[unittests.Case]]:
    found = yaml.safe_load((CASES / path.name).read_text())
    return {name: [unittests.Case(**one) for one in listed] for name, listed in found.items()}


@pytest.mark.parametrize("path", RULES, ids=[path.stem for path in RULES])
def test_every_alert_has_a_case_and_every_case_an_alert(path: Path) -> None:
    assert sorted(cases(path)) == sorted(rule["alert"] for group in groups(path) for rule in group["rules"])
    assert all(cases(path).values())


@pytest.mark.parametrize("path", RULES, ids=[path.stem for path in RULES])
def test_alerts_fire_in_their_cases_and_end(path: Path, vmalert_tool: list[str], tmp_path: Path) -> None:
    known = cases(path)
    written = [
        (rule["alert"], number, unittests.unittest(rule, group["name"], case, str(path)))
        for group in groups(path)
        for rule in group["rules"]
        for number, case in enumerate(known[rule["alert"]])
    ]
    for alert, number, content in written:
        (tmp_path / f"{alert}-{number}.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    run(vmalert_tool, tmp_path)


def test_a_site_that_is_well_is_silent_but_for_the_watchdog(vmalert_tool: list[str], tmp_path: Path) -> None:
    series = yaml.safe_load((CASES.parent / "well.yml").read_text())
    rules = [(group["name"], rule) for path in RULES for group in groups(path) for rule in group["rules"]]
    content = unittests.silence(rules, series, [str(path) for path in RULES])
    (tmp_path / "well.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    run(vmalert_tool, tmp_path)


def run(vmalert_tool: list[str], directory: Path) -> None:
    files = [f"--files={file}" for file in sorted(directory.glob("*.yaml"))]
    # Each starts a store for itself, which is small.
    environment = {**os.environ, "GOMAXPROCS": "1"}
    done = subprocess.run(
        [*vmalert_tool, "unittest", *files],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
