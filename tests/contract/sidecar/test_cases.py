"""How an empty or foreign database is backed up over a good one, A to G, and that our gate stops each of them.

The first half of each case is what the sidecar does by itself, the second what is said before it is deployed.
"""

from __future__ import annotations

import datetime
import os
from typing import Any

import gateway
import pytest
from cluster import Cluster
from sidecar import MakeSidecar, Sidecar, until
from storage import Storage

from plugins.module_utils._backup.errors import BackupError
from plugins.module_utils._metal_databases import compared, gate, look, marker, restores
from plugins.module_utils._metal_databases.client import Client


class Gate:
    """Our modules as a role runs them, asked about the database `files` of the stage `prod`."""

    def __init__(self, storage: Storage, bucket: str) -> None:
        given = {"endpoint": storage.front.url, "region": gateway.REGION, "bucket": bucket, **gateway.KEYS}
        self.client = Client({**given, "ca": storage.ca.read_text()})
        self.cluster = Cluster()

    def volume(self, pod: Sidecar | None) -> dict[str, Any]:
        """What metal_database_info tells of the volume of a pod; of none where nothing was deployed."""
        self.cluster.of = pod
        databases = [{"name": "files", "engine": "postgres", "prefix": ""}]
        given = {"stage": "prod", "counts": False, "reader_image": "sidecar", "databases": databases}
        found = look.look(given, self.cluster, "contract", True)
        assert not found["complaints"], found
        volume: dict[str, Any] = found["databases"][0]["volume"]
        return volume

    def restore(self, state: str, version: str = "") -> None:
        """Mark what happens as metal_database_restore does."""
        given = {
            "name": "files", "state": state, "version": version, "prefix": "files-prod", "empty": False,
            "discard": False,
        }  # fmt: skip
        restores.act(given, self.cluster, datetime.datetime.now(datetime.UTC), True)

    def says(self, intent: str, pod: Sidecar | None = None, **changes: Any) -> str:
        """Why the database may not be deployed; empty where it may."""
        together = {name: changes.pop(name) for name in ("cluster", "stage", "others") if name in changes}
        volume = self.volume(pod)
        database = {
            "name": "files", "engine": "postgres", "prefix": "", "intent": intent, "volume": volume, "provider": "s3",
            "schedule": "*/3 * * * *", "object_max_keep": 480, "object_days_max_keep": 14, "encrypted": False,
            "size_floor": 64, "version": "", "fenced": True, "without_sentinels": True,
            "discard": False, **changes,
        }  # fmt: skip
        given = {
            "stage": "prod", "others": [], "production": True, "cluster": "", "quiet": 600, "databases": [database],
            **together,
        }  # fmt: skip
        return "; ".join(gate.judge(given, self.client)["complaints"])

    def sentinels(self, state: str, rows: int, **changes: Any) -> list[str]:
        given = {
            "state": state, "prefix": "files-prod", "version": "", "tables": {"row": rows}, "lists": {}, "accept": [],
            "cluster": "", "restored": "", **changes,
        }  # fmt: skip
        return compared.act(given, self.client, datetime.datetime.now(datetime.UTC), True).drops


@pytest.fixture
def guard(storage: Storage, bucket: str) -> Gate:
    """Return our gate before the bucket of the test."""
    return Gate(storage, bucket)


def backed_up(pod: Sidecar, **files: str) -> None:
    """Leave a backup of a database that is lost."""
    pod.write(**files)
    pod.begin()
    pod.back_up()
    pod.stop()
    pod.lose()


def noise(size: int) -> str:
    """What is no smaller when it is packed."""
    return os.urandom(size // 2).hex()


def test_what_is_well_passes(pod: Sidecar, guard: Gate) -> None:
    assert guard.says("fresh") == ""
    pod.write(row=noise(1000))
    pod.begin()
    pod.back_up()
    assert guard.says("keep", pod) == ""
    assert guard.sentinels("saved", 1) == []
    pod.stop()
    assert guard.says("keep", pod) == ""
    pod.lose()
    assert guard.says("restore", pod, without_sentinels=False) == ""


def test_a_an_interrupted_restore(pod: Sidecar, storage: Storage, bucket: str, guard: Gate) -> None:
    rows = {f"row{number:05d}": noise(2000) for number in range(1000)}
    pod.write(**rows)
    pod.begin()
    pod.back_up()
    guard.sentinels("saved", len(rows))
    pod.stop()
    pod.lose()
    guard.restore(marker.BEGUN)
    pod.start()
    until(lambda: pod.directory.exists() and any(pod.directory.iterdir()), "the restore has begun")
    pod.kill()
    pod.begin()
    part = len(pod.read())
    pod.back_up()
    newest, whole = storage.versions(bucket, "files-prod")
    assert part < len(rows) and newest.size < whole.size

    for intent in ("fresh", "keep", "restore"):
        # The part was backed up, so that somebody has gone on with it.
        assert "begun and not confirmed" in guard.says(intent, pod, cluster="contract")
    assert guard.sentinels("compared", part, version=whole.version) == [f"table row has {part} rows, it had 1000"]


def test_a_whole_restore_is_kept_once_it_was_confirmed(
    pod: Sidecar, storage: Storage, bucket: str, guard: Gate
) -> None:
    backed_up(pod, row=noise(1000))
    guard.sentinels("saved", 1)
    version = storage.versions(bucket)[0].version
    guard.restore(marker.BEGUN, version)
    pod.begin()
    assert guard.volume(pod) == {
        "exists": True, "entries": ["row"], "restoring": True, "running": False, "began": None,
        "begun": {"version": version, "cluster": "contract", "made": True, "unbroken": False, "untouched": True},
    }  # fmt: skip
    assert "begun and not confirmed" in guard.says("keep", pod)
    assert guard.sentinels("compared", 1) == []
    guard.restore(marker.CONFIRMED)
    assert guard.says("keep", pod) == ""


def test_b_an_empty_listing_is_taken_for_a_new_database(
    make_sidecar: MakeSidecar, storage: Storage, bucket: str, guard: Gate
) -> None:
    backed_up(make_sidecar(), row=noise(1000))
    pod = make_sidecar("mistyped", object_prefix="files-prd")
    pod.begin()
    pod.back_up()
    assert pod.read() == {} and len(storage.versions(bucket, "files-prd")) == 1

    said = guard.says("restore", stage="prod2")
    assert "files: restore, but it has no backup" in said and "files-prod/" in said
    assert "would be backed up over them" in guard.says("fresh")
    assert "its volume has no data -> say restore" in guard.says("keep", pod)
    assert "no such bucket" in Gate(storage, "another-bucket").says("restore")


def test_c_local_backups_die_with_the_cluster(pod: Sidecar, guard: Gate) -> None:
    pod.set(backup_provider="local")
    backed_up(pod, row="good")
    pod.begin()
    assert pod.read() == {}

    assert "its backups are local" in guard.says("keep", pod, provider="local")


def test_d_lost_and_found_keeps_a_volume_from_being_restored(pod: Sidecar, guard: Gate) -> None:
    backed_up(pod, row=noise(1000))
    (pod.directory / "lost+found").mkdir(parents=True)
    pod.begin()
    assert pod.read() == {}

    assert "lost+found lies in its data directory" in guard.says("restore", pod)
    assert "its volume has no data" in guard.says("keep", pod)


def test_e_a_stage_gets_the_data_of_one_whose_name_it_begins(make_sidecar: MakeSidecar, guard: Gate) -> None:
    backed_up(make_sidecar("initial", object_prefix="files-prod-initial"), row="of another stage")
    pod = make_sidecar()
    pod.begin()
    assert pod.read() == {"row": "of another stage"}

    for intent, there in (("fresh", None), ("restore", None), ("keep", pod)):
        assert "the sidecar would also take files-prod-initial/db.tar.gz" in guard.says(intent, there)
    other = {"name": "prod-initial", "endpoint": "", "bucket": ""}
    assert "stage prod begins the name of stage prod-initial" in guard.says("fresh", others=[other])


def test_e_an_older_backup_is_restored_since_a_thousand_come_before(
    pod: Sidecar, storage: Storage, bucket: str, guard: Gate
) -> None:
    """In the order of keys: what comes after a thousand of one key is not there."""
    backed_up(pod, row="plain")
    plain = storage.get(bucket, storage.versions(bucket)[0])
    for _ in range(999):
        storage.put(bucket, "files-prod/db.tar.gz", plain)
    storage.later()
    storage.put(bucket, "files-prod/db.tar.gz.aes", noise(1000).encode())
    pod.begin()
    assert pod.read() == {"row": "plain"}
    assert len(pod.call("restore", "ls").strip().splitlines()) >= 1000

    said = guard.says("restore", encrypted=True)
    assert "would restore files-prod/db.tar.gz of" in said and "instead of files-prod/db.tar.gz.aes" in said


def test_f_an_empty_database_is_backed_up(pod: Sidecar, storage: Storage, bucket: str, guard: Gate) -> None:
    pod.write(row=noise(100_000))
    pod.begin()
    pod.back_up()
    guard.sentinels("saved", 40)
    storage.later()
    pod.write(row="a table without a row")
    pod.back_up()
    pod.stop()
    pod.lose()
    pod.begin()
    assert pod.read() == {"row": "a table without a row"}

    newest = storage.versions(bucket)[0]
    assert f"is suspect: it has {newest.size} bytes" in guard.says("restore")
    assert guard.says("restore", version=newest.version) == ""
    assert "or more" in guard.says("restore", version=newest.version, size_floor=10_000)
    assert guard.sentinels("saved", 0) == ["table row has 0 rows, it had 40"]
    with pytest.raises(BackupError, match="nothing was counted in files-prod"):
        guard.sentinels("saved", 0, accept=["row"])
    assert guard.sentinels("saved", 1, accept=["row"]) == []


def test_g_two_clusters_write_by_turns(make_sidecar: MakeSidecar, guard: Gate) -> None:
    old, new = make_sidecar("old"), make_sidecar("new")
    for cluster, name in ((old, "old"), (new, "new"), (old, "old")):
        cluster.write(row=name + noise(1000))
        cluster.begin()
        cluster.back_up()
        cluster.stop()
    new.lose()
    new.begin()
    assert new.read()["row"].startswith("old")

    assert "another cluster may still write it" in guard.says("restore", fenced=False)
    assert guard.says("restore") == ""
    guard.sentinels("saved", 1, cluster="old")
    with pytest.raises(BackupError, match="cluster old has files-prod since"):
        guard.sentinels("saved", 1, cluster="new")
    guard.sentinels("saved", 1, cluster="new", restored=datetime.datetime.now(datetime.UTC).isoformat())
    assert "cluster new has it since" in guard.says("keep", new, cluster="old")
    assert guard.says("keep", new, cluster="new") == ""


def test_what_keeps_the_sidecar_from_starting_is_said_before(
    storage: Storage, bucket: str, guard: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """See test_account.py: an account that is not shown the bucket, and a storage without lifecycle rules."""
    monkeypatch.setattr(storage.front, "lacks_rules", True)
    assert "has no lifecycle rules" in guard.says("fresh")
    monkeypatch.undo()
    storage.allow(bucket, "sidecar", "s3:*")
    given = {"endpoint": storage.front.url, "region": gateway.REGION, "bucket": bucket}
    guard.client = Client({**given, **storage.keys("sidecar"), "ca": storage.ca.read_text()})
    assert f"is not shown bucket {bucket}" in guard.says("fresh")
    storage.own(bucket, "sidecar")
    assert guard.says("fresh") == ""
