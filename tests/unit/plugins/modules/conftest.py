"""A module's C(main) is run in this process."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.tests.unit.plugins.modules import in_process


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> in_process.Run:
    """Give a way to run a module with options."""
    return in_process.runner(monkeypatch)
