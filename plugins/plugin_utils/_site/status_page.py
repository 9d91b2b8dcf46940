# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a site as one page of HTML, which needs no script, no network and no other file.

The state is what the action plugin site_status writes as JSON. Colours only repeat what a word says.
"""

from __future__ import annotations

import datetime
import typing as t
from pathlib import Path

import jinja2

from .page_tables import tables
from .page_tiles import tiles
from .page_words import BAD, GOOD, WARNING, counted

State = t.Mapping[str, t.Any]

TEMPLATE = Path(__file__).with_name("status_page.html.j2")


def render(state: State, now: datetime.datetime) -> str:
    """Return the page; everything that comes out of the site is escaped."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    problems = [*state["gate"]["failures"], *state["services"]["findings"]]
    warnings, notes = state["services"]["warnings"], state["services"]["notes"]
    return template.render(
        site=state["site"],
        lineage=state["lineage"],
        at=now.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        verdict=BAD if problems else WARNING if warnings or notes else GOOD,
        headline=headline(problems, warnings, notes),
        problems=problems,
        warnings=warnings,
        notes=notes,
        monitored=state["monitoring"]["on"],
        tiles=tiles(state),
        tables=[table for table in tables(state) if table.rows],
    )


def headline(problems: t.Sequence[State], warnings: t.Sequence[State], notes: t.Sequence[State]) -> str:
    """Say how the site is."""
    if problems:
        return "1 thing does not hold" if len(problems) == 1 else f"{len(problems)} things do not hold"
    if warnings:
        return f"All holds, with {counted(len(warnings), 'warning')}"
    return "All that is on holds, not all is on" if notes else "All is well"
