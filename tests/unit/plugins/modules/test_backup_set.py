"""A component that cannot be confirmed and that nothing waits for is a warning, and no change."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import backup_set

METRICS = {"component": "metrics", "set": "20261127T060000Z", "error": "3 series, the set held 4"}
NAMES = {"component": "powerdns", "set": "20261127T060000Z", "at": "", "report": {}}


@pytest.mark.parametrize(("outcomes", "changed"), [([METRICS], False), ([NAMES, METRICS], True)])
def test_what_is_not_confirmed_is_told(monkeypatch, answer, outcomes, changed):
    monkeypatch.setattr(backup_set.settings, "load", lambda: None)
    monkeypatch.setattr(backup_set, "Sets", lambda _site: SimpleNamespace(confirm=lambda *_: outcomes))
    warned = []
    monkeypatch.setattr(backup_set.AnsibleModule, "warn", lambda _self, text: warned.append(text))
    result = answer(backup_set, state="confirmed")
    assert (result["changed"], result["components"]) == (changed, outcomes)
    assert warned == ["metrics of 20261127T060000Z is not confirmed, nor backed up before: 3 series, the set held 4"]
