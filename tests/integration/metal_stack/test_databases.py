"""Databases are looked at, in the cluster and in the object storage, before anything is deployed."""

from __future__ import annotations

from playing import Stage, play

STORAGE = {
    "endpoint": "https://127.0.0.1:1",
    "bucket": "metal-stack-initial",
    "access_key": "the sidecars' account",
    "secret_key": "a secret of theirs",
}


def test_nothing_is_deployed_while_the_object_storage_does_not_answer(stage: Stage):
    stage.components = ("prepare", "ipam-db")
    stage.more = {"storage": STORAGE, "production": True}
    run = play(stage, fails=True)
    assert "Decide how they begin" in run.output
    assert "ipam-db: " in run.output and "127.0.0.1:1" in run.output
    assert STORAGE["secret_key"] not in run.output
    assert stage.secret() == {}
    assert stage.record() == {}
