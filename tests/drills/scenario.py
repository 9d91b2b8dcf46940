"""Failure scenarios as their drills describe them; `tools/scenarios.py` makes docs/failure-scenarios of it.

What a drill measures is kept in tests/output/measured.json, from where `tools/scenarios.py --measured` takes it over.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

MEASURED = Path(__file__).resolve().parents[2] / "tests/output/measured.json"
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
    """Say which scenario a test drills; one that drills several says it several times."""

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


def measured(name: str, what: str, seconds: float) -> None:
    """Print a time that a scenario's drill has measured, and keep it."""
    print(f"\n    {name}, {what}: {seconds:.1f} s", file=sys.stderr)
    MEASURED.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    known.setdefault(name, {})[what] = round(seconds, 1)
    MEASURED.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")
