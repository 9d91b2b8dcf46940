"""Each guard against losing a good backup has a test that breaks it, whose description begins with the guard's name.

Those of one are found by its name, as in C(grep -rnE '\"{3}.*G9' tests).
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
DOCUMENT = TESTS.parent / "docs/playbooks/backup.md"
GUARDS = [f"G{number}" for number in range(1, 11)]


def named(text: str) -> set[str]:
    """The guards that a description begins with."""
    begins = re.match(r"((?:G\d+(?:, )?)+):", text)
    return set(re.findall(r"G\d+", begins[1])) if begins else set()


def test_each_guard_is_broken_by_a_test() -> None:
    functions = [
        node
        for directory in ("unit", "integration")
        for path in (TESTS / directory).rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    broken = set().union(*(named(ast.get_docstring(node) or "") for node in functions))
    assert sorted(broken, key=GUARDS.index) == GUARDS


def test_each_guard_is_told_of() -> None:
    assert [guard for guard in GUARDS if f"**{guard}**" not in DOCUMENT.read_text()] == []
