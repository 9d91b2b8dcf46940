"""A component is brought back whatever else of the host waits for its comparison."""

from __future__ import annotations

import pytest
from played import ROLES, play

TASKS = ROLES / "backup/tasks/restore.yml"
BEGUN = {"component": "accounts", "set": "20261127T060000Z", "done": True}
CHOSEN = {"set": "20261127T060000Z", "lineage": "L1", "generation": 1, "age": 60, "level": 1}


def restored(directory, *restoring):
    """Play a restore of accounts on a host on which these restores are not confirmed."""
    given = {
        "backup_components": [{"name": "accounts", "kind": "files", "paths": ["/srv/accounts"]}],
        "backup_restore_component": "accounts", "backup_restore_set": "", "backup_restore_saves": True,
        "backup_accept_missing": False,
    }  # fmt: skip
    known = {"record": {"lineage": "L1", "generation": 1}, "restoring": list(restoring), "beginning": CHOSEN}
    run = play(directory, TASKS, given, {"backup_info": known, "backup_set": {"components": []}})
    assert not run.failed, run.output
    return run


def test_it_alone_is_compared(tmp_path):
    (compared,) = restored(tmp_path).of("backup_set", state="confirmed")
    assert compared["components"] == ["accounts"]


@pytest.mark.parametrize(
    ("restoring", "saved"), [([], True), ([{**BEGUN, "component": "metrics"}], True), ([BEGUN], False)]
)
def test_what_it_replaces_is_backed_up_unless_an_interrupted_restore_has_kept_it(tmp_path, restoring, saved):
    made = [asked for asked in restored(tmp_path, *restoring).of("backup_set") if "state" not in asked]
    assert [asked["components"] for asked in made] == ([["accounts"]] if saved else [])
    assert all(asked["set"].endswith("-before-restore") for asked in made)
