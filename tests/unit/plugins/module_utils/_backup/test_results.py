from __future__ import annotations

import types

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import results

MADE = {"made": True, "set": "20261127T060000Z", "bytes": 1000, "seconds": 2.5, "suspect": []}


def settings(directory, where="s3/second"):
    second = types.SimpleNamespace(where=where) if where else None
    return types.SimpleNamespace(
        state=directory / "state", metrics=directory / "metrics", second=second, components=[{"name": "k3s"}]
    )


@pytest.fixture
def note(tmp_path, monkeypatch):
    def note(outcome, at, keep=results.note, second="s3/second"):
        site = types.SimpleNamespace(settings=settings(tmp_path, second))
        monkeypatch.setattr(results.time, "time", lambda: at)
        keep(site, {"component": "k3s", **outcome})
        return (tmp_path / "metrics/metalstack_backup.prom").read_text()

    return note


def test_a_failure_keeps_when_it_last_worked(note, tmp_path):
    note(MADE, 100.0)
    text = note({"error": "refused"}, 200.0)
    assert 'metalstack_backup_success{component="k3s"} 0' in text
    assert 'metalstack_backup_last_success_seconds{component="k3s"} 100' in text
    assert results.read(tmp_path / "state")["k3s"]["error"] == "refused"


def test_what_is_backed_up_no_more_is_not_told(note, tmp_path):
    note({**MADE, "component": "metrics"}, 100.0)
    assert "metrics" not in note({**MADE}, 200.0)
    assert set(results.read_own(settings(tmp_path))) == {"k3s"} < set(results.read(tmp_path / "state"))


def test_a_success_forgets_the_failure(note, tmp_path):
    note({"error": "refused"}, 100.0)
    text = note({**MADE, "suspect": ["rows is 0"]}, 200.0)
    assert 'metalstack_backup_success{component="k3s"} 1' in text
    assert 'metalstack_backup_suspect{component="k3s"} 1' in text
    assert not results.read(tmp_path / "state")["k3s"]["error"]


def test_what_another_host_made_is_no_backup_of_this_one(note):
    text = note({"made": False, "why": "another host has made it"}, 100.0)
    assert 'metalstack_backup_success{component="k3s"} 1' in text
    assert "last_success" not in text


def test_judgements_of_sets_that_are_gone_are_forgotten(note, tmp_path):
    """Else an error of a moment at which nobody could be asked would stay for ever."""
    site = types.SimpleNamespace(settings=settings(tmp_path))
    note({**MADE, "made": False}, 100.0)
    note({"error": "the API is silent"}, 100.0, keep=results.note_verified)
    note({"error": "the API is silent"}, 100.0, keep=results.note_rehearsed)
    note({"error": "the API is silent"}, 100.0, keep=results.note_copy_verified)
    results.forget_judgements(site, "k3s")
    assert results.read(tmp_path / "state")["k3s"] == {"success": True, "error": "", "tried": 100.0, "idle": False}
    assert results.read_copy(site.settings)["verified"] == {}
    text = (tmp_path / "metrics/metalstack_backup.prom").read_text()
    assert "verified" not in text and "rehearsed" not in text
    results.forget_judgements(site, "never-backed-up")
    assert set(results.read(tmp_path / "state")) == {"k3s"}


def test_a_failure_tells_that_there_is_something_to_back_up(note, tmp_path):
    here = settings(tmp_path)
    here.components, here.set_components, here.watched = [{"name": "garden"}], (), ("garden",)
    note({"component": "garden", "made": False, "idle": True}, 100.0)
    note({"component": "garden", "error": "refused"}, 200.0)
    assert results.wanted(here) == ["garden"]


def test_what_there_is_none_of_is_not_wanted_by_this_host(note, tmp_path):
    here = settings(tmp_path)
    here.components, here.set_components = [{"name": "k3s"}, {"name": "garden"}, {"name": "accounts"}], ("k3s",)
    here.watched = ("k3s", "garden", "accounts")
    assert results.wanted(here) == ["k3s", "garden", "accounts"]
    for component in ("k3s", "garden"):
        note({"component": component, "made": False, "why": "there is none", "idle": True}, 100.0)
    assert results.wanted(here) == ["k3s", "accounts"]
    note({"component": "garden", "made": False, "why": "another host has made it"}, 200.0)
    assert results.wanted(here) == ["k3s", "garden", "accounts"]


def test_a_copy_that_failed_keeps_when_it_last_worked(note, tmp_path):
    note({"set": "20261127T060000Z"}, 100.0, results.note_copy)
    text = note({"error": "refused"}, 200.0, results.note_copy)
    assert "metalstack_backup_copy_success 0" in text
    assert "metalstack_backup_copy_last_success_seconds 100" in text
    kept = results.read_copy(settings(tmp_path))
    assert (kept["error"], kept["set"]) == ("refused", "20261127T060000Z")
    assert "copy_success 1" in note({"set": "20261127T070000Z"}, 300.0, results.note_copy)
    text = note({"set": "20261127T080000Z", "error": "one pack is damaged"}, 400.0, results.note_copy)
    assert "copy_success 0" in text and "copy_last_success_seconds 300" in text
    assert results.read_copy(settings(tmp_path))["set"] == "20261127T080000Z"


def test_damage_of_a_copy_is_no_damage_of_the_backup(note):
    note({"set": "20261127T060000Z", "level": 2}, 50.0, results.note_verified)
    text = note({"error": "not what was backed up"}, 200.0, results.note_copy_verified)
    assert 'metalstack_backup_copy_verified{component="k3s"} 0' in text
    assert 'metalstack_backup_verified{component="k3s"} 1' in text


def test_copies_in_a_former_second_storage_are_forgotten(note, tmp_path):
    note({"set": "20261127T060000Z"}, 100.0, results.note_copy)
    note({"error": "not what was backed up"}, 200.0, results.note_copy_verified)
    assert "copy_success 1" in note(MADE, 300.0)
    for second in ("s3/another", ""):
        assert "copy" not in note(MADE, 400.0, second=second)
        assert results.read_copy(settings(tmp_path, second)) == {}
    text = note({"error": "refused"}, 500.0, results.note_copy, second="s3/another")
    assert "copy_success 0" in text and "copy_last_success" not in text and "copy_verified" not in text


def test_a_rehearsal_is_kept_until_the_next_one(note, tmp_path):
    note({"set": "20261127T060000Z", "verified": True, "seconds": 31.5}, 50.0, results.note_rehearsed)
    text = note({"set": "20261127T060000Z", "verified": False}, 60.0, results.note_rehearsed)
    assert 'metalstack_backup_rehearsed{component="k3s"} 1' in text
    assert 'metalstack_backup_rehearsal_seconds{component="k3s"} 31.5' in text
    assert 'rehearsed{component="k3s"} 0' in note({"error": "lacks secrets"}, 70.0, results.note_rehearsed)
    kept = results.read(tmp_path / "state")["k3s"]
    assert (kept["rehearsed_set"], kept["rehearsal_error"]) == ("20261127T060000Z", "lacks secrets")


def test_every_metric_says_what_it_is(note):
    note({"set": "20261127T060000Z", "verified": True, "seconds": 31.5}, 20.0, results.note_rehearsed)
    note({"set": "20261127T060000Z"}, 30.0, results.note_copy_verified)
    note({"set": "20261127T060000Z"}, 40.0, results.note_copy)
    note({"set": "20261127T060000Z", "level": 2}, 50.0, results.note_verified)
    lines = note(MADE, 100.0).splitlines()
    names = {line.split("{")[0].split()[0] for line in lines if not line.startswith("#")}
    assert names == {line.split()[2] for line in lines if line.startswith("# HELP")}
    assert names == {line.split()[2] for line in lines if line.startswith("# TYPE")}


def test_a_damage_found_at_night_is_told_and_leaves_the_backup_a_success(note, tmp_path):
    note(MADE, 100.0)
    text = note({"error": "not what was backed up"}, 200.0, results.note_verified)
    assert 'metalstack_backup_verified{component="k3s"} 0' in text
    assert 'metalstack_backup_success{component="k3s"} 1' in text
    text = note({"set": "20261127T060000Z", "level": 2, "verified": True}, 300.0, results.note_verified)
    assert 'metalstack_backup_verified{component="k3s"} 1' in text
    assert not results.read(tmp_path / "state")["k3s"]["verify_error"]
