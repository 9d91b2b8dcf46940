"""A component is brought back whatever else of the host waits for its comparison."""

from __future__ import annotations

from played import ROLES, play

TASKS = ROLES / "backup/tasks/restore.yml"
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
