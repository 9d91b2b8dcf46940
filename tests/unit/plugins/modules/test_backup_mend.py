"""What the module says, that it only says it in check mode, and that each host reads again what is its own."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import mend, program
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.mend import Lacking, Plan
from ansible_collections.metalstack.autonomous.plugins.modules import backup_mend

BROUGHT = Lacking("s/restic/L1/data/a", "damaged")
AGAIN = (1, "20261127T060000Z", "k3s")


@pytest.fixture
def module(monkeypatch, answer):
    """Run the module on a host whose second storage can help with what it is given."""

    monkeypatch.setattr(backup_mend.settings, "load", lambda: None)

    def run(plan, again=(), **options):
        done = []

        class Mend(mend.Mend):
            def __init__(self, _site):
                self._site = self._elsewhere = type("Site", (), {"settings": type("S", (), {"storage": STORAGE})})

            def plan(self):
                return plan

            def run(self):
                done.append("run")
                self.refuse_helpless(plan)
                return plan.brought, 9

        def verified(_site, level, name, components, again):
            done.append((level, name, *components))
            return [{"component": components[0], "set": name, "level": level}]

        monkeypatch.setattr(program, "Mend", Mend)
        monkeypatch.setattr(program, "verified", verified)
        monkeypatch.setattr(program, "damaged", lambda _site: list(again))
        return answer(backup_mend, **options), done

    return run


STORAGE = type("Storage", (), {"where": "s3/x"})


@pytest.mark.parametrize("check", [False, True])
def test_check_mode_tells_the_same_and_does_nothing(module, check):
    result, done = module(Plan([BROUGHT], [], False), [AGAIN], _ansible_check_mode=check)
    assert done == ([] if check else ["run", AGAIN])
    assert result["changed"] and result["brought"] == [BROUGHT._asdict()]
    assert result["verified"] == [{"level": 1, "set": AGAIN[1], "component": "k3s"}]
    assert result["diff"] == {"before": "s/restic/L1/data/a: damaged\n", "after": ""}


@pytest.mark.parametrize("check", [False, True])
def test_where_nothing_is_wrong_nothing_is_changed(module, check):
    result, _done = module(Plan([], [], False), _ansible_check_mode=check)
    assert not result["changed"] and result["diff"]["before"] == ""


@pytest.mark.parametrize("check", [False, True])
def test_what_nobody_has_is_a_failure_and_what_came_back_is_verified_all_the_same(module, check):
    plan = Plan([BROUGHT], [Lacking("s/restic/L1/data/b", "missing")], True)
    result, done = module(plan, [AGAIN], _ansible_check_mode=check)
    assert result["failed"] and "s/restic/L1/data/b (missing) in s3/x: s3/x has no good copy either" in result["msg"]
    assert done == ([] if check else ["run", AGAIN])


def test_another_host_only_verifies_what_is_its_own(module):
    result, done = module(None, [AGAIN], contents=False)
    assert done == [AGAIN] and result["changed"] and result["brought"] == []


def test_what_is_damaged_still_is_a_failure(module, monkeypatch):
    def failing(*_, **__):
        raise BackupError("still damaged")

    monkeypatch.setattr(backup_mend.program, "mended", failing)
    result, _done = module(Plan([], [], False), [AGAIN])
    assert result == {"failed": True, "msg": "still damaged"}


def test_a_host_reads_again_what_is_marked_and_what_it_has_found_itself(monkeypatch):
    places = [
        type("Place", (), {"set": "s1", "component": "k3s"}),
        type("Place", (), {"set": "s2", "component": "k3s"}),
    ]
    levels = dict(zip(places, (3, 0), strict=True))
    sets = type("Sets", (), {"marked": lambda _: places, "damage": lambda _, place: levels[place]})
    monkeypatch.setattr(program, "Sets", lambda _site: sets())
    known = {"k3s": {"verify_error": "x"}, "powerdns": {"verify_error": "x"}, "metrics": {"verify_error": ""}}
    monkeypatch.setattr(program.results, "read_own", lambda _settings: known)
    site = type("Site", (), {"settings": type("Settings", (), {"level": 2})})
    assert program.damaged(site) == [(3, "s1", "k3s"), (1, "s2", "k3s"), (2, "", "powerdns")]
