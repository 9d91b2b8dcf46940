"""The page as a reader sees it: on a phone and on a desk, in the light and in the dark."""

from __future__ import annotations

from collections.abc import Iterator

import browser
import pytest
import reading
from browser import Window
from reading import KINDS, PHONE


@pytest.fixture(scope="module", params=KINDS.values(), ids=KINDS)
def kind(request: pytest.FixtureRequest) -> tuple[int, bool]:
    """Return the width of the window, and whether it is dark."""
    width, dark = request.param
    return int(width), bool(dark)


@pytest.fixture(scope="module")
def opened(driver: str, kind: tuple[int, bool]) -> Iterator[Window]:
    with browser.window(driver, *kind) as window:
        yield window


@pytest.mark.parametrize("state", ["good", "bad", "unknown"])
def test_a_page_can_be_read(opened: Window, kind: tuple[int, bool], state: str) -> None:
    reading.read(opened, state, *kind)


def test_a_row_names_its_columns_where_a_table_has_no_room(opened: Window, kind: tuple[int, bool]) -> None:
    opened.show("good.html")
    shown = "return getComputedStyle(document.querySelector('#hosts td'), '::before').content"
    assert opened.run(shown) == ('"Role"' if kind[0] == PHONE else "none")


def test_a_tile_leads_to_what_it_sums_up(opened: Window) -> None:
    opened.show("bad.html")
    opened.run("document.querySelector('.tile[href=\"#time\"]').click()")
    assert opened.run("return location.hash") == "#time"
    top = opened.run("return document.querySelector('#time').getBoundingClientRect().top")
    assert -1 < top < browser.HEIGHT


def test_an_alert_leads_to_its_runbook(opened: Window) -> None:
    opened.show("bad.html")
    link = "document.querySelector('#alerts tbody tr:first-child a')"
    assert opened.run(f"return {link}.href").endswith("/docs/failure-scenarios/N1.md")
    assert opened.run(f"return {link}.getBoundingClientRect().width") > 0


def test_nothing_is_fetched_and_nothing_runs(opened: Window) -> None:
    opened.show("bad.html")
    assert opened.run("return performance.getEntriesByType('resource').length") == 0
    assert opened.run("return document.scripts.length") == 0
