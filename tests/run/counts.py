"""Read how many tests a suite ran from what it printed. Pure: text and exit status in, counts out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

SKIPPED = 77  # exit status by which a command says that it could not run here

ANSI = re.compile(r"\x1b\[[0-9;]*m")
NUMBERED = re.compile(r"(\d+) ([a-z]+)")
PYTEST = re.compile(r"^=*\s*((?:\d+ [a-z]+(?:, )?)+) in [\d.:]+s.*$", re.MULTILINE)
MOLECULE = re.compile(r"Molecule executed \d+ scenarios? \((.+?)\)")
TELLING = re.compile(r"E   |(FAILED|ERROR) |fatal: |\[ERROR\]|failed: \[")
FRAME = " │"  # which molecule puts around the output of its playbooks
WIDTH = 400  # of a line that says why a suite failed
COLUMN = {
    "passed": "passed",
    "successful": "passed",
    "xfailed": "skipped",
    "skipped": "skipped",
    "failed": "failed",
    "error": "failed",
    "errors": "failed",
    "xpassed": "failed",
}


@dataclass(frozen=True)
class Counts:
    """What one suite, or all of them, came to."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        line = f"{self.passed} passed, {self.failed} failed"
        return f"{line}, {self.skipped} skipped" if self.skipped else line


Parser = Callable[[str, int], Counts]


def plain(output: str, status: int) -> Counts:
    """A command that is one test as a whole."""
    if status == SKIPPED:
        return Counts(skipped=1)
    return Counts(failed=1) if status else Counts(passed=1)


def pytest(output: str, status: int) -> Counts:
    return _closing_line(PYTEST, output, status)


def molecule(output: str, status: int) -> Counts:
    """One test a scenario."""
    return _closing_line(MOLECULE, output, status)


def _closing_line(pattern: re.Pattern[str], output: str, status: int) -> Counts:
    """Sum the last closing line. A suite that failed without saying so, or that ran nothing, counts as one failure."""
    if status == SKIPPED:
        return Counts(skipped=1)
    found = pattern.findall(ANSI.sub("", output))
    total = Counts()
    for number, word in NUMBERED.findall(found[-1] if found else ""):
        if word in COLUMN:
            total += Counts(**{COLUMN[word]: int(number)})
    if not total.failed and (status or not total.passed + total.skipped):
        total += Counts(failed=1)
    return total


def reasons(output: str, most: int = 12) -> list[str]:
    """Say briefly why a suite failed: errors and names from pytest, messages from Ansible, or else its end."""
    lines = [line.rstrip() for line in ANSI.sub("", output).splitlines() if line.strip()]
    telling = [line for line in lines if TELLING.match(line.lstrip(FRAME))]
    return [line[:WIDTH] for line in (telling or lines)[-most:]]
