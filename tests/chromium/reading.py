"""A page of the playbook status as a reader sees it: on a phone and on a desk, in the light and in the dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from browser import Window

PHONE, DESK = 360, 1280
# The width of the window, and whether its reader wants it dark.
KINDS = {
    "phone": (PHONE, False),
    "phone in the dark": (PHONE, True),
    "desk": (DESK, False),
    "desk in the dark": (DESK, True),
}
PICTURES = Path(__file__).resolve().parents[1] / "output" / "pages"
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


def picture(state: str, width: int, dark: bool) -> Path:
    """Return where the picture of a page is kept."""
    return PICTURES / f"{state}-{width}-{'dark' if dark else 'light'}.png"


def read(window: Window, state: str, width: int, dark: bool) -> None:
    """Open the page of a state, keep its picture, and fail where it cannot be read."""
    window.show(f"{state}.html")
    PICTURES.mkdir(parents=True, exist_ok=True)
    window.picture(picture(state, width, dark))
    seen: dict[str, Any] = window.run(MEASURE)
    assert seen["beyond"] == 0
    contrast, text = seen["contrast"]
    assert contrast >= 4.5, f"{text!r} is hard to tell from what is behind it"
    assert (seen["page"] < 0.1) is dark
