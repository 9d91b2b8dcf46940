"""Former keys of the databases' bucket: what a run tells, and when it fails."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.modules import metal_database_storage_keys as module

STORAGE = {"endpoint": "https://s3.example", "bucket": "box", "access_key": "a", "secret_key": "b"}
GIVEN = {"kubeconfig": "/k", "storage": STORAGE, "databases": ["ipam-db"]}


@pytest.fixture
def keys(monkeypatch):
    """What the functions answer, by name, and which were called."""
    answers = {"different": ["ipam-db"], "kept": [{"access_key": "f"}], "keep": True, "accepted": [], "forget": True}
    called = []

    def answering(name):
        def act(*_):
            called.append(name)
            return answers.get(name)

        return act

    monkeypatch.setattr(module.offered, "cluster", lambda _given: "cluster")
    for name in (*answers, "prove"):
        monkeypatch.setattr(module.former_keys, name, answering(name))
    return answers, called


def test_what_sidecars_have_is_told_and_no_key(answer, keys):
    told = answer(module, **GIVEN, state="known")
    assert (told["changed"], told["different"], told["kept"]) == (False, ["ipam-db"], 1)
    assert "'f'" not in str(told)


@pytest.mark.parametrize(
    ("different", "check", "called"),
    [
        (["ipam-db"], False, ["different", "prove", "keep", "kept"]),
        (["ipam-db"], True, ["different", "kept"]),
        ([], False, ["different", "kept"]),
    ],
    ids=["others", "check mode", "the same"],
)
def test_keys_are_proved_before_the_former_are_kept(answer, keys, different, check, called):
    keys[0]["different"] = different
    told = answer(module, **GIVEN, state="kept", _ansible_check_mode=check)
    assert (told["changed"], keys[1]) == (bool(different), called)


def test_keys_that_are_no_good_are_not_kept_nor_given(answer, keys, monkeypatch):
    def refuse(_storage):
        raise BackupError("the keys are no good")

    monkeypatch.setattr(module.former_keys, "prove", refuse)
    told = answer(module, **GIVEN, state="kept")
    assert told["failed"] and told["msg"] == "the keys are no good" and "keep" not in keys[1]


def test_former_keys_that_are_refused_are_forgotten(answer, keys):
    told = answer(module, **GIVEN, state="refused", required=True)
    assert (told["changed"], told["accepted"]) == (True, []) and "forget" in keys[1]


def test_former_keys_that_are_accepted_are_told_and_a_failure_where_they_were_to_be_revoked(answer, keys):
    keys[0]["accepted"] = ["list", "read"]
    told = answer(module, **GIVEN, state="refused")
    assert (told["changed"], told["accepted"]) == (False, ["list", "read"])
    told = answer(module, **GIVEN, state="refused", required=True)
    assert told["failed"] and "https://s3.example/box lets a former key list, read" in told["msg"]
    assert "forget" not in keys[1]


def test_check_mode_tries_no_key(answer, keys):
    assert answer(module, **GIVEN, state="refused", _ansible_check_mode=True)["changed"] is False
    assert keys[1] == ["kept"]
