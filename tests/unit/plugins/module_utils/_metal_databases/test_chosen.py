from __future__ import annotations

import types

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import chosen, sentinels
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.held import held
from listed import NOON, version

OLDER, NEWEST = version(60, 900), version(30)
COUNTED = sentinels.counted({"machine": 10}, {})


class Bucket:
    """copied: what was copied, by the version of the copy."""

    def __init__(self, *versions):
        self.storage = types.SimpleNamespace(where="here")
        self.versions, self.copied, self.saved = list(versions), {}, {}

    def held(self, prefix):
        return held(prefix, self.versions)

    def manifest(self, prefix, until=None):
        return self.saved.get(sentinels.last(self.saved, prefix, until))

    def save(self, prefix, one, found):
        self.saved[sentinels.key(prefix, one)] = found

    def again(self, one):
        self.versions.append(version(10 - len(self.copied), one.size))
        self.copied[self.versions[-1].id] = one.id
        return self.versions[-1].id

    def copy_of(self, one):
        return self.copied.get(one.id, "")


@pytest.fixture
def bucket():
    """Return one whose newest backup holds less than the one before, with which ten machines were counted."""
    found = Bucket(OLDER, NEWEST)
    found.save("p", OLDER, sentinels.manifest("p", OLDER, COUNTED, "a", NOON))
    found.save("p", NEWEST, sentinels.manifest("p", NEWEST, sentinels.counted({"machine": 1}, {}), "a", NOON))
    return found


def act(bucket, one="v60", writes=True):
    return chosen.act({"prefix": "p", "version": one}, bucket, writes)


def test_an_older_backup_is_made_the_newest_once_and_what_was_counted_with_it_follows(bucket):
    outcome = act(bucket)
    assert (outcome.before["version"], outcome.after["version"], outcome.after["bytes"]) == ("v30", "v10", 900)
    known = bucket.manifest("p")
    assert (known["tables"], known["version"], known["bytes"]) == ({"machine": 10}, "v10", 900)
    assert known["made"] == outcome.after["made"]
    again = act(bucket)
    assert again.before == again.after == outcome.after and len(bucket.copied) == 1 and len(bucket.saved) == 3


def test_the_newest_stays(bucket):
    assert act(bucket, "v30").before == act(bucket, "v30").after and not bucket.copied


def test_check_mode_tells_it_and_copies_nothing(bucket):
    outcome = act(bucket, writes=False)
    assert (outcome.after["version"], outcome.after["bytes"]) == ("", 900)
    assert not bucket.copied and len(bucket.saved) == 2


def test_what_was_counted_follows_also_where_the_run_before_had_ended_in_between(bucket, monkeypatch):
    with monkeypatch.context() as ends, pytest.raises(pytest.fail.Exception, match="ends here"):
        ends.setattr(bucket, "save", lambda *_: pytest.fail("it ends here"))
        act(bucket)
    assert act(bucket).after["version"] == "v10" and len(bucket.copied) == 1
    assert bucket.manifest("p")["version"] == "v10"


def test_of_what_nobody_has_counted_nothing_follows():
    bucket = Bucket(OLDER, NEWEST)
    assert act(bucket).after["version"] == "v10" and not bucket.saved


@pytest.mark.parametrize(
    ("versions", "found"),
    [([], "found none"), ([version(number) for number in range(4)], "found v0, v1, v2 and others")],
)
def test_a_version_that_is_not_there_is_refused_with_those_that_are(versions, found):
    with pytest.raises(BackupError, match=f"here has no version v60 below p/, {found}"):
        act(Bucket(*versions))


def test_a_copy_beside_which_somebody_backs_up_is_told(bucket, monkeypatch):
    copies = bucket.again

    def beside(one):
        copied = copies(one)
        bucket.versions.append(version(1))
        return copied

    monkeypatch.setattr(bucket, "again", beside)
    with pytest.raises(BackupError, match=r"version v10 was copied, but v1 of p/db\.tar\.gz is newer"):
        act(bucket)
    assert len(bucket.saved) == 2
