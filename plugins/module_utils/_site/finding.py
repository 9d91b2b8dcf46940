# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check has to say about one mistake, and how all of them are shown at once."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .text import table

HEADINGS = ("id", "variable", "value", "expected", "fix")
WIDTHS = {"variable": 32, "value": 32, "expected": 42, "fix": 46}
VALUE_LIMIT = 200


@dataclass(frozen=True)
class Finding:
    """One mistake: the row of the catalogue, where it stands, what was expected and how to mend it."""

    id: str
    variable: str
    value: str
    expected: str
    fix: str


def of_complaint(row: str, variable: str, complaint: str, expected: str) -> Finding:
    """What a role says in one line, as C(FOUND, expected EXPECTED -> FIX). expected: where it does not say that."""
    rest, _arrow, fix = complaint.partition(" -> ")
    what, _comma, wanted = rest.partition(", expected ")
    return Finding(row, variable, what, wanted or expected, f"{fix[:1].upper()}{fix[1:]}." if fix else "Correct it.")


def shown(value: t.Any) -> str:
    """Show a value that is no secret."""
    if value is None or value == "":
        return "(empty)"
    if isinstance(value, str):
        return value[:VALUE_LIMIT]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)[:VALUE_LIMIT]


def redacted(value: t.Any) -> str:
    """Say something about a secret without giving it away."""
    return "(empty)" if value is None or value == "" else "(redacted)"


def ids(findings: t.Iterable[Finding]) -> list[str]:
    """Name the rows that were found, each once, in their order."""
    return sorted({finding.id for finding in findings})


def report(findings: t.Sequence[Finding]) -> str:
    """Render all findings as one table under a line that counts them."""
    ordered = sorted(findings, key=lambda finding: (finding.id, finding.variable))
    rows = [[getattr(finding, heading) for heading in HEADINGS] for finding in ordered]
    count = "1 mistake" if len(rows) == 1 else f"{len(rows)} mistakes"
    return f"{count} found, nothing was changed:\n\n" + table(HEADINGS, rows, WIDTHS)
