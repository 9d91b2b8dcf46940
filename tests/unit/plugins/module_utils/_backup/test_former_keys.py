"""Former keys are kept until the storage refuses them, and what they may do yet is told."""

from __future__ import annotations

import json
import stat

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import former_keys
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import settings as settings_
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Unreachable
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._backup import allowing


def pair(number):
    return {"access_key": f"access-{number}", "secret_key": f"secret-{number}"}


def wanted(first, second=None):
    pairs = {"first": ("https://one", first), "second": ("https://two", second)}
    return {name: {"endpoint": where, "bucket": "b", **one} for name, (where, one) in pairs.items() if one}


def configured(directory, first, second=None):
    storage = {"endpoint": "https://one", "region": "r", "bucket": "b", "path_style": True, "ca_file": ""}
    return settings_.parse(
        json.dumps({
            "site": "s", "host": "h", "storage": {**storage, **first}, "interval": 3600, "level": 1,
            "second": {**storage, "endpoint": "https://two", **second} if second else {},
            "password_file": str(directory / "password"), "set_components": [], "components": [],
            "state": str(directory / "state"), "metrics": str(directory),
        })
    )  # fmt: skip


@pytest.fixture
def stores(monkeypatch):
    """Return what each key may do; those that are not named may do nothing."""
    may = {}
    monkeypatch.setattr(former_keys, "ObjectStore", allowing.stores(may))
    return may


def test_what_a_host_had_is_kept_for_root_alone_and_once(tmp_path):
    found = configured(tmp_path, pair(1), pair(2))
    given = wanted(pair(3), pair(2))
    assert former_keys.different(found, given) == ["first"]
    assert (former_keys.keep(found, given), former_keys.keep(found, given)) == (True, False)
    assert stat.S_IMODE(former_keys.file(found).stat().st_mode) == 0o600
    # until it works with others, what it has is no former one
    assert former_keys.kept(found) == {"first": [], "second": []}
    assert former_keys.kept(configured(tmp_path, pair(3), pair(2))) == {"first": [pair(1)], "second": []}


def test_keys_that_were_no_good_are_former_ones_too_and_those_that_come_back_are_not(tmp_path):
    former_keys.keep(configured(tmp_path, pair(1)), wanted(pair(2)))
    former_keys.keep(configured(tmp_path, pair(2)), wanted(pair(3)))
    assert former_keys.kept(configured(tmp_path, pair(3))) == {"first": [pair(1), pair(2)]}
    former_keys.keep(configured(tmp_path, pair(3)), wanted(pair(1)))
    assert former_keys.kept(configured(tmp_path, pair(1))) == {"first": [pair(2), pair(3)]}


def test_another_storage_is_no_other_key(tmp_path):
    with pytest.raises(BackupError, match="that is no other key"):
        former_keys.different(configured(tmp_path, pair(1)), wanted(pair(1), pair(2)))
    with pytest.raises(BackupError, match="https://elsewhere/b"):
        moved = {"first": {**wanted(pair(2))["first"], "endpoint": "https://elsewhere"}}
        former_keys.different(configured(tmp_path, pair(1)), moved)


def test_what_a_former_key_may_do_is_told(tmp_path, stores):
    former_keys.keep(configured(tmp_path, pair(1), pair(4)), wanted(pair(2), pair(5)))
    found = configured(tmp_path, pair(2), pair(5))
    assert former_keys.accepted(found) == {}
    stores["access-1"] = ("keys", "get")
    assert former_keys.accepted(found) == {"https://one/b": ["list", "read"]}
    stores["access-4"] = ("put",)
    assert former_keys.accepted(found)["https://two/b"] == ["write"]
    assert (former_keys.forget(found), former_keys.forget(found)) == (True, False)
    assert former_keys.kept(found) == {"first": [], "second": []}


def test_a_storage_that_is_silent_refuses_nothing(tmp_path, stores):
    former_keys.keep(configured(tmp_path, pair(1)), wanted(pair(2)))
    stores["access-1"] = Unreachable("no answer")
    with pytest.raises(Unreachable):
        former_keys.accepted(configured(tmp_path, pair(2)))
