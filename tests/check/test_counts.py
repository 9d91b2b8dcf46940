"""The runner's reading of what suites print."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "run"))
import counts
from counts import Counts


@pytest.mark.parametrize(
    ("output", "status", "expected"),
    [
        ("....\n4 passed in 0.12s\n", 0, Counts(4)),
        ("=== 1 failed, 30 passed, 2 skipped, 1 warning in 61.20s (0:01:01) ===\n", 1, Counts(30, 1, 2)),
        ("1 failed in 0.1s\n3 passed in 0.1s\n", 0, Counts(3)),
        ("2 passed, 1 error in 0.10s\n", 1, Counts(2, 1)),
        ("\x1b[32m\x1b[1m7 passed\x1b[0m\x1b[32m in 3.01s\x1b[0m\n", 0, Counts(7)),
        ("no tests ran in 0.01s\n", 5, Counts(0, 1)),
        ("no tests ran in 0.01s\n", 0, Counts(0, 1)),
        ("3 passed in 0.1s\nkilled while closing\n", 137, Counts(3, 1)),
        ("needs Python 3.12\n", counts.SKIPPED, Counts(0, 0, 1)),
        ("", 0, Counts(0, 1)),
    ],
)
def test_pytest_is_counted_by_its_closing_line(output: str, status: int, expected: Counts) -> None:
    assert counts.pytest(output, status) == expected


@pytest.mark.parametrize(
    ("output", "status", "expected"),
    [
        ("INFO     Molecule executed 4 scenarios (3 successful, 1 failed)\n", 1, Counts(3, 1)),
        ("INFO     Molecule executed 1 scenario (1 successful)\n", 0, Counts(1)),
        ("INFO     Molecule executed 1 scenario (1 successful)\n", 2, Counts(1, 1)),
        ("CRITICAL no such scenario\n", 1, Counts(0, 1)),
    ],
)
def test_molecule_is_counted_by_scenario(output: str, status: int, expected: Counts) -> None:
    assert counts.molecule(output, status) == expected


def test_a_plain_command_is_one_test() -> None:
    assert counts.plain("", 0) == Counts(1)
    assert counts.plain("", 2) == Counts(0, 1)
    assert counts.plain("", counts.SKIPPED) == Counts(0, 0, 1)


def test_the_closing_line_names_skipped_tests_only_where_there_are_any() -> None:
    assert str(Counts(3, 0)) == "3 passed, 0 failed"
    assert str(Counts(3, 1) + Counts(0, 0, 2)) == "3 passed, 1 failed, 2 skipped"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (
            "x\nE       assert 1 == 2\nFAILED tests/a.py::test_b\n1 failed",
            ["E       assert 1 == 2", "FAILED tests/a.py::test_b"],
        ),
        ("TASK [a]\n\x1b[31mfatal: [server1]: FAILED! => no\x1b[0m\nrecap\n", ["fatal: [server1]: FAILED! => no"]),
        (
            "  │         E       AssertionError: no\n  │ fatal: [localhost]: FAILED! =>\n  │ total 1\n",
            ["  │         E       AssertionError: no", "  │ fatal: [localhost]: FAILED! =>"],
        ),
        ("built\n\nlinker: killed\n", ["built", "linker: killed"]),
    ],
    ids=["pytest", "ansible", "molecule", "else its end"],
)
def test_a_failed_suite_says_why_once_more(output: str, expected: list[str]) -> None:
    assert counts.reasons(output) == expected
