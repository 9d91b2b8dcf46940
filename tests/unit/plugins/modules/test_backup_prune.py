"""What the module says, and that it only says it in check mode."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils import basic
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import retention
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.catalogue import BackupSet
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.prune import Plan
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.retention import Verdict
from ansible_collections.metalstack.autonomous.plugins.modules import backup_prune

OLD, NEW = BackupSet("L1", 1, "20260101T000000Z"), BackupSet("L1", 2, "20261127T000000Z")
PLAN = Plan([Verdict(OLD, False, "older than 30 days"), Verdict(NEW, True, "in progress")], {"L1": ["a", "b"]}, [], [])


class Exit(Exception):
    pass


@pytest.fixture
def module(monkeypatch):
    def end(_self, **result):
        raise Exit(result)

    monkeypatch.setattr(basic.AnsibleModule, "exit_json", end)
    monkeypatch.setattr(basic.AnsibleModule, "fail_json", lambda _, **result: end(_, failed=True, **result))
    monkeypatch.setattr(backup_prune.settings, "load", lambda: None)
    site = type("Site", (), {"settings": type("Settings", (), {"set_components": ("k3s",)})})
    monkeypatch.setattr(backup_prune.prune, "by", lambda _settings, access, secret: (access, secret) == KEYS and site)

    def run(plan, **options):
        calls = []

        def planned(_site, *rest):
            calls.append(rest[:3])
            if isinstance(plan, BackupError):
                raise plan
            return plan

        monkeypatch.setattr(backup_prune.prune, "plan", planned)
        monkeypatch.setattr(backup_prune.prune, "run", lambda _site, done: calls.append(done))
        arguments = json.dumps({"ANSIBLE_MODULE_ARGS": {**dict(zip(NAMES, KEYS, strict=True)), **options}})
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", arguments.encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(Exit) as ended:
            backup_prune.main()
        return ended.value.args[0], calls

    return run


NAMES, KEYS = ("access_key", "secret_key"), ("the-access-key", "the-secret-key")


@pytest.mark.parametrize("check", [False, True])
def test_check_mode_tells_the_same_and_does_nothing(module, check):
    result, calls = module(PLAN, _ansible_check_mode=check)
    assert calls[1:] == ([] if check else [PLAN])
    assert result["changed"] and (result["snapshots"], result["versions"]) == (2, 0)
    assert result["goes"] == [
        {"set": OLD.name, "lineage": "L1", "generation": 1, "why": "older than 30 days"},
    ]
    assert result["diff"] == {
        "before": f"L1 1 {OLD.name}: older than 30 days\nL1 2 {NEW.name}: in progress\n"
        "2 snapshots that are not needed\n",
        "after": f"L1 2 {NEW.name}: in progress\n",
    }


def test_the_defaults_are_the_floor_and_the_components_of_the_host(module):
    assert module(PLAN)[1][0] == (retention.Policy(), ("k3s",), [])
    options = {"all_days": 8, "set_components": ["powerdns"], "accept_suspect": ["x"]}
    assert module(PLAN, **options)[1][0] == (retention.Policy(all_days=8), ["powerdns"], ["x"])


def test_nothing_to_do_is_no_change(module):
    result, _calls = module(Plan(PLAN.verdicts[1:], {}, [], []))
    assert not result["changed"] and result["diff"]["before"] == result["diff"]["after"]


def test_a_refusal_is_a_failure(module):
    result, calls = module(BackupError("no"))
    assert result == {"failed": True, "msg": "no"} and len(calls) == 1
