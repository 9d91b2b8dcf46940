from __future__ import annotations

import datetime
import types

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import compared, sentinels
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.held import held
from listed import NOON, version


class Bucket:
    def __init__(self, *versions):
        self.storage = types.SimpleNamespace(where="here")
        self.versions, self.saved = versions, {}

    def held(self, prefix):
        return held(prefix, self.versions)

    def manifest(self, prefix, until=None):
        return self.saved.get(sentinels.last(self.saved, prefix, until))

    def save(self, prefix, one, found):
        self.saved[sentinels.key(prefix, one)] = found


def act(bucket, state, rows, writes=True, moment=NOON, **changes):
    given = {
        "state": state, "prefix": "p", "version": "", "tables": {"machine": rows}, "lists": {}, "accept": [],
        "cluster": "a", "restored": "", **changes,
    }  # fmt: skip
    return compared.act(given, bucket, moment, writes)


@pytest.fixture
def bucket():
    """Return one with two backups, of which the older has a manifest of ten machines."""
    found = Bucket(version(60))
    act(found, "saved", 10)
    found.versions = (version(60), version(30))
    return found


def test_a_manifest_is_saved_with_the_newest_backup_once(bucket):
    outcome = act(bucket, "saved", 11)
    assert (outcome.before["version"], outcome.after["version"]) == ("v60", "v30")
    again = act(bucket, "saved", 11, moment=NOON + datetime.timedelta(hours=1))
    assert again.before == again.after == outcome.after and len(bucket.saved) == 2


def test_nothing_is_saved_in_check_mode(bucket):
    assert act(bucket, "saved", 11, writes=False).after["version"] == "v30"
    assert len(bucket.saved) == 1


def test_nothing_is_saved_of_what_holds_less(bucket):
    outcome = act(bucket, "saved", 1)
    assert outcome.drops and outcome.after == outcome.before and len(bucket.saved) == 1


def test_what_is_known_is_accepted(bucket):
    assert act(bucket, "saved", 1, accept=["machine"]).after["tables"] == {"machine": 1}


def test_comparing_writes_nothing(bucket):
    assert act(bucket, "compared", 10).drops == []
    assert act(bucket, "compared", 3).drops == ["table machine has 3 rows, it had 10"]
    assert len(bucket.saved) == 1


def test_an_older_backup_is_compared_with_no_later_one(bucket):
    act(bucket, "saved", 100)
    assert act(bucket, "compared", 10, version="v60").drops == []
    assert act(bucket, "compared", 10).drops


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"prefix": "q"}, "nothing below q/, expected a backup"),
        ({"version": "v1"}, "expected version v1"),
        ({"state": "saved", "cluster": "b"}, "cluster a has p since"),
    ],
)
def test_what_cannot_be_is_said(bucket, changes, words):
    with pytest.raises(BackupError, match=words):
        act(bucket, **{"state": "compared", "rows": 10, **changes})


def test_without_a_manifest_there_is_nothing_to_compare_with():
    with pytest.raises(BackupError, match="nobody has saved"):
        act(Bucket(version(60)), "compared", 10)


def test_a_restore_hands_the_backups_over(bucket):
    assert act(bucket, "saved", 10, cluster="b", restored=NOON.isoformat()).after["cluster"] == "b"
    with pytest.raises(BackupError, match="cluster b has p"):
        act(bucket, "saved", 10, cluster="a")


def test_what_another_cluster_has_saved_since_a_restore_is_of_one_that_writes_beside_it(bucket):
    with pytest.raises(BackupError, match="two write the same backups"):
        act(bucket, "saved", 10, cluster="b", restored=(NOON - datetime.timedelta(seconds=1)).isoformat())
    assert len(bucket.saved) == 1


@pytest.mark.parametrize("restored", ["true", "2026-11-29T12:00:00"])
def test_a_restore_without_a_moment_is_refused(bucket, restored):
    with pytest.raises(BackupError, match="restored: expected a time"):
        act(bucket, "saved", 10, cluster="b", restored=restored)


@pytest.mark.parametrize("counts", [{"tables": {}}, {"rows": 0}, {"tables": {}, "lists": {"projects": []}}])
def test_what_counts_nothing_is_not_saved(counts):
    empty = Bucket(version(60))
    with pytest.raises(BackupError, match="nothing was counted in p"):
        act(empty, "saved", **{"rows": 0, **counts})
    assert empty.saved == {}


def test_nothing_is_saved_of_an_empty_database_whatever_is_accepted(bucket):
    with pytest.raises(BackupError, match="nothing was counted"):
        act(bucket, "saved", 0, accept=["machine"])


def test_a_manifest_that_counts_nothing_is_no_measure_until_a_better_one_is_saved():
    found = Bucket(version(60))
    nothing = sentinels.manifest("p", version(60), sentinels.Counted({"machine": 0}, {}), "a", NOON)
    found.save("p", version(60), nothing)
    with pytest.raises(BackupError, match="nothing was counted"):
        act(found, "compared", 10)
    assert act(found, "saved", 10).after["tables"] == {"machine": 10}


def test_numbers_that_are_texts_are_compared(bucket):
    assert act(bucket, "compared", "3").drops == ["table machine has 3 rows, it had 10"]
