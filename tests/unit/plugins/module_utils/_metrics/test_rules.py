"""A lab shortens the patience of alerts, and a site says where its runbooks are; nothing else of the rules changes."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metrics.rules import adapt

TEXT = """groups:
  - name: a
    rules:
      - alert: Down
        expr: up == 0 # for: 1h
        for: 2m
        annotations:
          summary: "for: 3m"
          runbook: docs/failure-scenarios/N1.md
"""


def test_as_it_is_nothing_changes():
    assert adapt(TEXT, 1, "") == TEXT


@pytest.mark.parametrize(("scale", "expected"), [(0.1, "12s"), (0.001, "1s"), (10, "1200s")])
def test_only_the_patience_is_scaled(scale, expected):
    assert adapt(TEXT, scale, "") == TEXT.replace("for: 2m", f"for: {expected}")


def test_runbooks_are_where_the_site_has_them():
    adapted = adapt(TEXT, 1, "https://docs.example.org/")
    assert "runbook: https://docs.example.org/docs/failure-scenarios/N1.md\n" in adapted
    assert adapted.replace("https://docs.example.org/", "") == TEXT
