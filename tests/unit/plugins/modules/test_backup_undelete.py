"""What the module says, and that it only says it in check mode."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.retention import Policy
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.undelete import Hidden, Plan
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.versions import Version
from ansible_collections.metalstack.autonomous.plugins.modules import backup_undelete

MOMENT = datetime.datetime(2026, 11, 27, 12, tzinfo=datetime.UTC)
VERSION = Version("x", "1", MOMENT, False)
SET = Hidden("s/catalogue/k3s/L1/000001/20261127T060000Z.json", MOMENT, (), VERSION)
PACK = Hidden("s/restic/L1/data/a", MOMENT, (), VERSION)
KEYS = {"access_key": "the-access-key", "secret_key": "the-secret-key"}


@pytest.fixture
def module(monkeypatch, answer):
    monkeypatch.setattr(backup_undelete.settings, "load", lambda: None)
    site = type("Site", (), {"settings": type("Settings", (), {"set_components": ("k3s",)})})
    monkeypatch.setattr(
        backup_undelete.prune, "by", lambda _settings, access, secret: (access, secret) == tuple(KEYS.values()) and site
    )

    def run(plan, **options):
        calls = []

        def planned(_site, *rest):
            calls.append((*rest[:2], rest[3]))
            if isinstance(plan, BackupError):
                raise plan
            return plan

        monkeypatch.setattr(backup_undelete.undelete, "plan", planned)
        monkeypatch.setattr(backup_undelete.undelete, "run", lambda _site, done: calls.append(done))
        return answer(backup_undelete, **KEYS, **options), calls

    return run


@pytest.mark.parametrize("check", [False, True])
def test_check_mode_tells_the_same_and_does_nothing(module, check):
    plan = Plan([PACK, SET], [PACK])
    result, calls = module(plan, _ansible_check_mode=check)
    assert calls[1:] == ([] if check else [plan])
    assert result["changed"]
    assert (result["sets"], result["objects"], result["left"]) == (["20261127T060000Z"], 2, 1)
    assert result["diff"]["before"].splitlines()[0] == "s/restic/L1/data/a: hidden since 2026-11-27 12:00:00+00:00"


def test_what_stays_hidden_is_no_change(module):
    result, _calls = module(Plan([], [PACK]))
    assert not result["changed"] and result["left"] == 1 and result["diff"]["before"] == ""


def test_the_defaults_are_the_floor_and_the_components_of_the_host(module):
    assert module(Plan([], []))[1][0] == (Policy(), ("k3s",), False)
    options = {"hidden_days": 20, "set_components": ["powerdns"], "pruned": True}
    assert module(Plan([], []), **options)[1][0] == (Policy(hidden_days=20), ["powerdns"], True)


def test_less_than_the_floor_is_refused(module):
    result, calls = module(Plan([], []), hidden_days=13)
    assert result["failed"] and "hidden_days is 13, expected a number, 14 or more" in result["msg"] and not calls


def test_a_refusal_is_a_failure(module):
    result, calls = module(BackupError("no"))
    assert result == {"failed": True, "msg": "no"} and len(calls) == 1
