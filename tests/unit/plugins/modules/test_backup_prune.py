"""What the module says, and that it only says it in check mode."""

from __future__ import annotations

import datetime
import types

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import locks, prune_copies, retention
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.catalogue import BackupSet
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.prune import Plan
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.retention import Verdict
from ansible_collections.metalstack.autonomous.plugins.modules import backup_prune

OLD, NEW = BackupSet("L1", 1, "20260101T000000Z"), BackupSet("L1", 2, "20261127T000000Z")
PLAN = Plan([Verdict(OLD, False, "older than 30 days"), Verdict(NEW, True, "in progress")], {"L1": ["a", "b"]}, [], [])


@pytest.fixture
def module(monkeypatch, answer):
    monkeypatch.setattr(backup_prune.settings, "load", lambda: None)

    def make(lock_days, second=None):
        storage = types.SimpleNamespace(lock_days=lock_days)
        settings = types.SimpleNamespace(set_components=("k3s",), storage=storage, second=second, site="s")
        return types.SimpleNamespace(settings=settings, elsewhere=lambda: make(second))

    site = make(0, 0)
    monkeypatch.setattr(backup_prune.locks, "run", lambda _site, done: site.calls.append(done))
    monkeypatch.setattr(
        backup_prune.prune, "by", lambda _settings, access, secret, _second: (access, secret) == KEYS and site
    )

    def run(plan, copies=None, held=None, **options):
        """held: what the locks of each storage, told by its days, come to."""
        calls = []
        days = list(held or {}) or [0]
        site.__dict__.update(vars(make(days[0], days[-1] if len(days) > 1 else None)), calls=calls)

        def look(one, _moment, leaving):
            site.leaving.append(set(leaving))
            found = held[one.settings.storage.lock_days]
            if isinstance(found, BackupError):
                raise found
            return found

        site.leaving = []
        monkeypatch.setattr(backup_prune.locks, "plan", look)

        def planned(_site, *rest):
            calls.append(rest[:3])
            if isinstance(plan, BackupError):
                raise plan
            return plan

        def planned_copies(_site, *rest):
            assert rest[-1] == plan
            if isinstance(copies, BackupError):
                raise copies
            return copies

        monkeypatch.setattr(backup_prune.prune_copies, "plan", planned_copies)
        monkeypatch.setattr(backup_prune.prune_copies, "run", lambda _site, done: calls.append(done))
        monkeypatch.setattr(backup_prune.prune, "plan", planned)
        monkeypatch.setattr(backup_prune.prune, "run", lambda _site, done: calls.append(done))
        return answer(backup_prune, **dict(zip(NAMES, KEYS, strict=True)), **options), calls

    run.site = site
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


COPIES = prune_copies.Plan([Verdict(OLD, False, "older than 30 days")], ["L1"], [], [], {"L0": "a reason"})
SECOND = {"second": dict(zip(NAMES, ("another", "secret"), strict=True))}


@pytest.mark.parametrize("check", [False, True])
def test_the_second_storage_is_thinned_out_after_the_first(module, check):
    result, calls = module(PLAN, COPIES, **SECOND, _ansible_check_mode=check)
    assert calls[1:] == ([] if check else [PLAN, COPIES])
    assert [one["set"] for one in result["second"]["goes"]] == [OLD.name]
    assert (result["second"]["lineages"], result["second"]["kept"]) == (["L1"], {"L0": "a reason"})
    assert [part["before_header"] for part in result["diff"]] == ["first", "second"]
    assert "what the copy of L1 does not need any more" in result["diff"][1]["before"]
    result, _calls = module(Plan([], {}, [], []), COPIES, **SECOND)
    assert result["changed"]


def test_without_keys_of_the_second_storage_nothing_is_removed_there(module):
    result, calls = module(PLAN, COPIES)
    assert calls[1:] == [PLAN] and "second" not in result


def test_a_second_storage_that_is_down_keeps_nothing_of_the_first(module):
    result, calls = module(PLAN, BackupError("no answer"), **SECOND)
    assert calls[1:] == [PLAN]
    assert result["failed"] and result["changed"]
    told = "the second object storage was not thinned out: no answer; the first one"
    assert result["msg"] == f"{told} has lost {OLD.name}"
    result, calls = module(PLAN, BackupError("no answer"), **SECOND, _ansible_check_mode=True)
    assert result["msg"] == f"{told} would lose {OLD.name}" and not calls[1:]


def test_nothing_to_do_is_no_change(module):
    result, _calls = module(Plan(PLAN.verdicts[1:], {}, [], []))
    assert not result["changed"] and result["diff"]["before"] == result["diff"]["after"]


def test_a_refusal_is_a_failure(module):
    result, calls = module(BackupError("no"))
    assert result == {"failed": True, "msg": "no", "changed": False, "locks": {}} and len(calls) == 1


UNTIL = datetime.datetime(2026, 12, 13, 11, tzinfo=datetime.UTC)
SOME, OTHERS = locks.Plan(9, ["a", "b"], UNTIL, ""), locks.Plan(8, ["c"], UNTIL, "")
TOLD = {"objects": 9, "extended": 2, "until": "2026-12-13T11:00:00+00:00"}


@pytest.mark.parametrize("check", [False, True])
def test_locks_are_extended_before_anything_is_removed(module, check):
    result, calls = module(PLAN, COPIES, {14: SOME, 30: OTHERS}, **SECOND, _ansible_check_mode=check)
    assert calls[1:] == ([] if check else [SOME, OTHERS, PLAN, COPIES])
    assert result["locks"] == {"first": TOLD, "second": {**TOLD, "objects": 8, "extended": 1}}
    for part, number in zip(result["diff"], (2, 1), strict=True):
        assert f"{number} objects are locked for too short a time" in part["before"]
        assert f"{number} objects are locked until 2026-12-13" in part["after"]
    # What goes needs no lock any more.
    assert module.site.leaving[0] == {"s/restic/L1/snapshots/a", "s/restic/L1/snapshots/b"} | going()


def going():
    return {part.place.key() for part in OLD.parts.values()}


def test_locks_that_last_are_no_change(module):
    result, _calls = module(Plan(PLAN.verdicts[1:], {}, [], []), held={14: SOME._replace(due=[])})
    assert not result["changed"] and result["locks"] == {"first": {"objects": 9, "extended": 0, "until": ""}}


@pytest.mark.parametrize("check", [False, True])
def test_locks_are_extended_although_nothing_may_be_removed(module, check):
    result, calls = module(BackupError("suspect"), held={14: SOME, 30: OTHERS}, **SECOND, _ansible_check_mode=check)
    assert calls[1:] == ([] if check else [SOME, OTHERS])
    assert result["failed"] and result["changed"] and result["msg"] == "suspect"
    assert result["locks"]["first"] == TOLD and result["locks"]["second"]["extended"] == 1
    assert module.site.leaving == [set(), set()]


def test_nothing_is_removed_while_the_first_storage_extends_no_lock(module):
    result, calls = module(PLAN, held={14: BackupError("AccessDenied")})
    assert calls[1:] == [] and result["failed"] and not result["changed"]
    assert result["msg"] == "nothing was removed; the locks of the first storage were not extended: AccessDenied"


def test_a_second_storage_that_extends_no_lock_is_told(module):
    result, calls = module(PLAN, COPIES, {14: SOME, 30: BackupError("AccessDenied")}, **SECOND)
    assert calls[1:] == [SOME, PLAN, COPIES] and result["failed"]
    assert result["msg"] == "the locks of the second object storage were not extended: AccessDenied"


def test_a_bucket_that_locks_what_is_written_for_too_short_a_time_is_a_failure(module):
    result, calls = module(PLAN, held={14: SOME._replace(lacking="0 days")})
    assert calls[-1] == PLAN and result["failed"] and result["msg"] == "the first object storage: 0 days"
