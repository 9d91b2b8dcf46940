"""How nothing empty or foreign is backed up over a good backup by way of the role, B to G; A is test_interrupted.py.

See tests/contract/sidecar/test_cases.py for what the sidecar does by itself in each.
"""

from __future__ import annotations

import json
import time

import pytest
from one_site import DATABASES, NEVER, PREFIXES, SCHEDULE, Site
from servers import until
from unchanged import refused

pytestmark = pytest.mark.long
NAME = "masterdata-db"
KEY = f"{PREFIXES[NAME]}/db.tar.gz"


def test_b_a_mistyped_stage_is_no_new_database(saved: Site) -> None:
    saved.lose_volumes(*DATABASES)
    saved.name = "initail"
    try:
        assert f"{NAME}: restore, but it has no backup" in refused(saved, "restore")
        assert "its volume has no data, and it has no backup either" in refused(saved, "keep")
    finally:
        saved.name = "initial"
    assert f"{NAME}: fresh, but it has backups" in refused(saved, "fresh")


def test_c_local_backups_are_refused(saved: Site) -> None:
    saved.more = {"storage": {}}
    try:
        assert "storage is missing: backups would be local, and die with the cluster" in refused(saved, "restore")
    finally:
        saved.more = {}


def test_d_a_volume_with_lost_and_found_is_never_taken_for_a_restored_one(saved: Site) -> None:
    before = {name: saved.backups(name) for name in DATABASES}
    saved.lose_volumes(*DATABASES)
    saved.pods.formatted = True
    try:
        said = saved.play("restore", fails=True).output
    finally:
        saved.pods.formatted = False
    assert "valkey: " in said and "db0/tokenstore_/string is gone, it had 30" in said
    # That of PostgreSQL is below the root of its volume, and is whole.
    assert saved.mark(NAME, "began")["how"] == "restore" and not saved.mark(NAME)
    assert saved.schedule("valkey") == NEVER and saved.tokens() == {}
    assert saved.schedule(NAME) == SCHEDULE
    assert {name: saved.backups(name) for name in DATABASES} == before
    # It answers, so that somebody may have written to it.
    said = saved.play("restore", fails=True).output
    assert "db0/tokenstore_/string is gone, it had 30" in said and saved.mark("valkey")
    saved.play("restore", discard=True)
    assert saved.whole()


def test_e_what_begins_alike_is_never_restored(saved: Site) -> None:
    store = saved.storage.store(saved.bucket)
    key = f"{PREFIXES[NAME]}-two/db.tar.gz"
    version = store.put(key, b"of another stage").version
    assert f"the sidecar would also take {key}" in refused(saved, "keep")
    store.delete(key, version)


def test_f_a_database_that_holds_less_is_neither_saved_nor_kept_from_an_older_backup(saved: Site) -> None:
    store = saved.storage.store(saved.bucket)
    good = store.get(KEY)
    sentinels = saved.sentinels(NAME)
    time.sleep(1.1)
    saved.ask("delete from projects")
    saved.back_up(NAME)
    warned = saved.play("keep")
    assert "table projects has 0 rows, it had 40" in warned.output and "Nothing was saved" in warned.output
    assert saved.sentinels(NAME) == sentinels

    saved.lose_volumes(NAME)
    emptied = saved.backups(NAME)
    said = saved.play({NAME: "restore", "valkey": "keep"}, fails=True).output
    assert "table projects has 0 rows, it had 40" in said and "what has discard, it restores anew" in said
    assert saved.schedule(NAME) == NEVER and saved.backups(NAME) == emptied and saved.mark(NAME)
    # An older one is restored by copying it over the newest, and what was begun with the other is left to an operator.
    time.sleep(1.1)
    store.put(KEY, good)
    assert f"delete StatefulSet {NAME}" in refused(saved, "restore")
    saved.lose_volumes(NAME)
    saved.play({NAME: "restore", "valkey": "keep"})
    assert saved.whole() and not saved.mark(NAME)


def test_g_two_clusters_do_not_write_by_turns(saved: Site) -> None:
    saved.back_up(NAME)
    saved.play("keep")
    saved.lose_volumes(NAME)
    young = refused(saved, {NAME: "restore", "valkey": "keep"}, fenced=False)
    assert "another cluster may still write it" in young
    saved.play({NAME: "restore", "valkey": "keep"})
    assert saved.whole()
    # The one that was thought to be lost goes on.
    store = saved.storage.store(saved.bucket)
    theirs = {**saved.sentinels(NAME)[-1], "cluster": "the lost one", "saved": "2099-01-01T00:00:00+00:00"}
    key = f"metal-sentinels/{PREFIXES[NAME]}/20990101T000000Z-x.json"
    store.put(key, json.dumps(theirs).encode())
    assert "two would write the same backups" in refused(saved, "keep")
    store.delete(key)
    until(saved.whole, "it is as it was")
