"""Tables."""

from __future__ import annotations

from ansible_collections.metalstack.autonomous.plugins.module_utils._site.finding import Finding, report
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.text import table


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert table(["a", "b"], [["1", "two"], ["three", ""]]) == "A      B\n1      two\nthree"


def test_a_wide_cell_wraps() -> None:
    assert table(["a", "b"], [["one two three", "x"]], {"a": 7}) == "A        B\none two  x\nthree"


def test_a_report_counts_and_sorts() -> None:
    text = report([Finding("V09", "b", "1", "e", "f"), Finding("V01", "a", "1", "e", "f")])
    assert text.startswith("2 mistakes found, nothing was changed:")
    assert text.index("V01") < text.index("V09")
