"""The module looks at all storages, whatever is wrong with one of them."""

from __future__ import annotations

import types

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import probe
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import Unreachable
from ansible_collections.metalstack.autonomous.plugins.modules import backup_probe

GOOD = probe.Seen(True, True, True, True, True, 0.2, 0)


@pytest.fixture
def run(monkeypatch, answer):
    """Return what runs the module with what is seen of each storage."""

    monkeypatch.setattr(probe, "ObjectStore", lambda storage: storage)

    def run(first, second=None):
        storages = [seen and types.SimpleNamespace(where=name, seen=seen, lock_days=0)
                    for name, seen in (("first", first), ("second", second))]  # fmt: skip

        def probed(storage, _site):
            if isinstance(storage.seen, Exception):
                raise storage.seen
            return storage.seen

        found = types.SimpleNamespace(site="s", storage=storages[0], second=storages[1])
        monkeypatch.setattr(backup_probe.settings, "load", lambda: found)
        monkeypatch.setattr(probe, "probe", probed)
        return answer(backup_probe)

    return run


def test_good_storages_are_shown(run):
    assert [one["complaints"] for one in run(GOOD, GOOD)["storages"]] == [[], []]
    assert [one["where"] for one in run(GOOD)["storages"]] == ["first"]


@pytest.mark.parametrize("second", [GOOD, Unreachable("down, too")])
def test_one_that_is_down_keeps_nobody_from_looking_at_the_other(run, second):
    told = run(Unreachable("no answer"), second)
    assert told["failed"] and "first: no answer" in told["msg"]
    assert ("second: down, too" in told["msg"]) is isinstance(second, Exception)
    assert [bool(one["seen"]) for one in told["storages"]] == [False, not isinstance(second, Exception)]


def test_each_complaint_is_told(run):
    told = run(GOOD._replace(lists=False), GOOD._replace(keeps_versions=False))
    assert "first: it does not list" in told["msg"] and "second: it keeps no versions" in told["msg"]


def test_other_keys_are_those_that_are_proved(answer, monkeypatch, tmp_path):
    """And of the first storage that it shows the data of this host, since the second may be empty yet."""
    asked = []
    monkeypatch.setattr(probe, "report", lambda storage, *more: asked.append((storage, *more)) or {"complaints": []})
    monkeypatch.setattr(backup_probe.disk, "read_record", lambda _state: types.SimpleNamespace(lineage="L1"))

    def storage(name):
        return types.SimpleNamespace(by=lambda *pair: (name, *pair))

    found = types.SimpleNamespace(site="s", state=tmp_path, storage=storage("first"), second=storage("second"))
    monkeypatch.setattr(backup_probe.settings, "load", lambda: found)
    pruner = {"access_key": "p", "secret_key": "q"}
    given = {"access_key": "a", "secret_key": "b"}
    arguments = {"storage": {**given, "pruner": pruner}, "second": given}
    answer(backup_probe, **arguments)
    assert asked == [
        (("first", "a", "b"), "s", "L1", ("first", "p", "q")),
        (("second", "a", "b"), "s", "", None),
    ]
