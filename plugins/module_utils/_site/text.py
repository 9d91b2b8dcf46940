# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain-text tables."""

from __future__ import annotations

import textwrap
import typing as t


def table(
    headings: t.Sequence[str], rows: t.Sequence[t.Sequence[str]], widths: t.Mapping[str, int] | None = None
) -> str:
    """Render rows under headings; a column that has a width wraps its cells at it."""
    limits = [(widths or {}).get(heading, 0) for heading in headings]
    wrapped = [[_wrap(cell, limit) for cell, limit in zip(row, limits, strict=True)] for row in rows]
    sizes = [
        max([len(heading), *(len(line) for row in wrapped for line in row[column])])
        for column, heading in enumerate(headings)
    ]
    lines = [_line([heading.upper() for heading in headings], sizes)]
    for row in wrapped:
        for number in range(max(len(cell) for cell in row)):
            lines.append(_line([cell[number] if number < len(cell) else "" for cell in row], sizes))
    return "\n".join(lines)


def _wrap(cell: str, limit: int) -> list[str]:
    if not limit:
        return cell.splitlines() or [""]
    return textwrap.wrap(cell, limit, break_on_hyphens=False) or [""]


def _line(cells: t.Sequence[str], sizes: t.Sequence[int]) -> str:
    return "  ".join(cell.ljust(size) for cell, size in zip(cells, sizes, strict=True)).rstrip()
