"""What a host tells of the backups of its site."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record
from ansible_collections.metalstack.autonomous.plugins.modules import backup_info as module


class Site:
    settings = SimpleNamespace(state="", set_components=["k3s"], watched=(), databases="")

    def listed(self):
        return []

    def unconfirmed(self):
        return {"L1": {"", "k3s"}, "L2": {"powerdns"}}


@pytest.fixture(autouse=True)
def site(monkeypatch):
    held = SimpleNamespace(restoring=list, due=list, holding=dict)
    monkeypatch.setattr(module, "Site", lambda _settings: Site())
    monkeypatch.setattr(module, "Sets", lambda _site: held)
    monkeypatch.setattr(module.settings, "load", lambda: None)
    monkeypatch.setattr(module.disk, "read_record", lambda _state: Record("L1", 2))
    for name in ("read_own", "read_copy"):
        monkeypatch.setattr(module.results, name, lambda _settings: {})


def test_what_of_the_data_nobody_has_compared_is_told_whoever_has_restored_it(answer):
    assert answer(module)["unconfirmed"] == ["", "k3s"]
    assert "unconfirmed" not in answer(module, catalogue=False)


def test_a_host_without_data_waits_for_nothing(answer, monkeypatch):
    monkeypatch.setattr(module.disk, "read_record", lambda _state: None)
    assert answer(module)["unconfirmed"] == []


def test_a_storage_that_is_silent_makes_no_host_unreachable(answer, monkeypatch):
    """Ansible takes a host for lost whose result says C(unreachable), whatever that is."""

    def silent(_site):
        raise Unreachable("no answer")

    monkeypatch.setattr(Site, "listed", silent)
    told = answer(module)
    assert told["unanswered"] == "no answer" and not {"unreachable", "failed"} & told.keys()


def test_of_databases_that_are_looked_after_the_storage_and_the_last_night_are_told(answer, monkeypatch, tmp_path):
    looks_after = SimpleNamespace(
        **{**vars(Site.settings), "databases": "metal", "databases_expected": ("valkey",), "state": tmp_path}
    )
    monkeypatch.setattr(Site, "settings", looks_after)
    module.noted.note(tmp_path, {"database": "valkey", "error": "less"})
    monkeypatch.setattr(module.watch, "look", lambda cluster, expected: [cluster.name, *expected])
    told = answer(module, databases=True, catalogue=False)["databases"]
    assert told["seen"] == ["metal", "valkey"] and told["runs"]["valkey"]["error"] == "less"
    assert 0 <= told["runs"]["valkey"]["age"] < 600

    def silent(_cluster, _expected):
        raise module.NoCluster("refused")

    monkeypatch.setattr(module.watch, "look", silent)
    assert answer(module, databases=True)["databases"]["unanswered"] == "refused"
    assert "databases" not in answer(module)
