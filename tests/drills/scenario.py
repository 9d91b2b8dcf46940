"""Failure scenarios as their drills describe them; `tools/scenarios.py` makes docs/failure-scenarios of it.

It reads them without running them, so whatever is said there is said in plain texts.

What a drill measures is kept in tests/output/measured.json, from where `tools/scenarios.py --measured` takes it over.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

MEASURED = Path(__file__).resolve().parents[2] / "tests/output/measured.json"
# What drills are about that are not run on the lab.
DATABASES = "metal-stack's databases"
GARDEN = "the garden of Gardener"
Drill = TypeVar("Drill", bound=Callable[..., None])


@dataclass(frozen=True)
class Scenario:
    """What fails, what that means for whom, how it is seen, and what to do."""

    id: str
    title: str
    initial_cluster: str
    target_cluster: str
    end_users: str
    detection: str
    remedy: str


def scenario(**fields: str) -> Callable[[Drill], Drill]:
    """Say which scenario a test drills; one that drills several says it several times.

    Where the drills of the lab describe the same one, this is a part of that page.
    """

    def mark(drill: Drill) -> Drill:
        drill.scenarios = [Scenario(**fields), *getattr(drill, "scenarios", [])]  # type: ignore[attr-defined]
        return drill

    return mark


def also(*ids: str) -> Callable[[Drill], Drill]:
    """Say which scenarios a test drills, too, whose pages another one describes."""

    def mark(drill: Drill) -> Drill:
        drill.also = ids  # type: ignore[attr-defined]
        return drill

    return mark


def chosen(config: pytest.Config, items: list[pytest.Function]) -> None:
    """Leave out the drills of other scenarios than those that `--scenario` names."""
    wanted = set(config.getoption("--scenario").split(",")) - {""}
    if not wanted:
        return
    ids = {
        item: {each.id for each in getattr(item.function, "scenarios", [])} | {*getattr(item.function, "also", ())}
        for item in items
    }
    known = set().union(*ids.values())
    if wanted - known:
        raise pytest.UsageError(f"no drill of {', '.join(wanted - known)} here; there are {', '.join(sorted(known))}")
    config.hook.pytest_deselected(items=[item for item in items if not wanted & ids[item]])
    items[:] = [item for item in items if wanted & ids[item]]


def key(name: str, of: str = "") -> str:
    """What times of a scenario are kept by. of: what they are about, if not the site itself."""
    return f"{name}, {of}" if of else name


def measured(name: str, what: str, seconds: float, of: str = "") -> None:
    """Print a time that a scenario's drill has measured, and keep it."""
    print(f"\n    {name}, {what}: {seconds:.1f} s", file=sys.stderr)
    MEASURED.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    known.setdefault(key(name, of), {})[what] = round(seconds, 1)
    MEASURED.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")
