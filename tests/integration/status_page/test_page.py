"""The page as a reader sees it: on a phone and on a desk, in the light and in the dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import browser
import pytest
from browser import Window

PHONE, DESK = 360, 1280
PICTURES = Path(__file__).resolve().parents[2] / "output" / "pages"
# What lies beyond the right edge, and the lowest contrast of a text and what is behind it (WCAG 2.1, 1.4.3).
MEASURE = """
const channels = text => text.match(/[0-9.]+/g).map(Number);
const light = ([r, g, b]) => [r, g, b].map(value => value / 255)
  .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
  .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
const behind = element => {
  for (let each = element; each; each = each.parentElement) {
    const found = channels(getComputedStyle(each).backgroundColor);
    if (found.length < 4 || found[3] > 0) return found;
  }
  return [255, 255, 255];
};
const contrasts = [];
for (const element of document.querySelectorAll("body *")) {
  const said = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
  if (!said || !element.getClientRects().length) continue;
  const pair = [light(channels(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
  contrasts.push([(pair[0] + 0.05) / (pair[1] + 0.05), element.textContent.trim()]);
}
contrasts.sort((a, b) => a[0] - b[0]);
return {
  beyond: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  contrast: contrasts[0],
  page: light(channels(getComputedStyle(document.body).backgroundColor)),
};
"""


@pytest.fixture(scope="module", params=[(PHONE, False), (PHONE, True), (DESK, False), (DESK, True)],
                ids=["phone", "phone in the dark", "desk", "desk in the dark"])  # fmt: skip
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
    opened.show(f"{state}.html")
    PICTURES.mkdir(parents=True, exist_ok=True)
    width, dark = kind
    opened.picture(PICTURES / f"{state}-{width}-{'dark' if dark else 'light'}.png")
    seen: dict[str, Any] = opened.run(MEASURE)
    assert seen["beyond"] == 0
    contrast, text = seen["contrast"]
    assert contrast >= 4.5, f"{text!r} is hard to tell from what is behind it"
    assert (seen["page"] < 0.1) is dark


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
