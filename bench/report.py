"""Figures and how they are shown. Pure: values in, values out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A named duration in seconds, or a number of something else; with a baseline, by name, it is also shown as a ratio
    to that, and with a bar, in seconds, whether it is below."""

    name: str
    seconds: float
    baseline: str = ""
    note: str = ""
    bar: float = 0
    unit: str = "s"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least C(share) (0 to 1) of the values do not exceed (nearest rank)."""
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def spread(name: str, seconds: Sequence[float], baseline: str = "", note: str = "", bar: float = 0) -> list[Figure]:
    """Return median and 95th percentile of rounds, the first beside the baseline, the second judged by the bar."""
    median = Figure(f"{name}, p50 of {len(seconds)}", percentile(seconds, 0.5), baseline, note)
    return [median, Figure("  p95", percentile(seconds, 0.95), bar=bar)]


def table(figures: Iterable[Figure]) -> list[str]:
    """Return one line a figure: its name, seconds or number, the ratio to its baseline and a note."""
    rows = list(figures)
    seconds = {figure.name: figure.seconds for figure in rows}
    width = max((len(figure.name) for figure in rows), default=0)
    unit = max((len(figure.unit) for figure in rows), default=0)
    ratios = [_ratio(figure, seconds) for figure in rows]
    space = max(map(len, ratios), default=0)
    return [
        f"{figure.name:<{width}}  {_number(figure)} {figure.unit:<{unit}}  {ratio:<{space}}  {_judged(figure)}".rstrip()
        for figure, ratio in zip(rows, ratios, strict=True)
    ]


def _number(figure: Figure) -> str:
    return f"{figure.seconds:8.1f}" if figure.unit == "s" else f"{figure.seconds:8,.0f}"


def _ratio(figure: Figure, seconds: Mapping[str, float]) -> str:
    base = seconds.get(figure.baseline, 0)
    return f"{figure.seconds / base:.2f} x {figure.baseline}" if base > 0 else ""


def _judged(figure: Figure) -> str:
    if not figure.bar:
        return figure.note
    missing = figure.seconds - figure.bar
    said = f"bar {figure.bar:g} s {f'missed by {missing:.1f} s' if missing >= 0 else 'met'}"
    return f"{figure.note}, {said}" if figure.note else said
