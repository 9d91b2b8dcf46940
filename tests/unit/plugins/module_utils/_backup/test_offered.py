"""An object storage that is given to a site that lives: what is news to a host, and what is not to be begun beside."""

from __future__ import annotations

import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import disk, keys, offered
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.keys import Place
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.probe import Seen

GIVEN = {"endpoint": "https://s3.example", "bucket": "box", "access_key": "a", "secret_key": "b"}
GOOD = Seen(True, True, True, True, True, 0.0, 14)


@pytest.fixture
def file(tmp_path):
    """Return what the role has written on a host that backs up."""
    (tmp_path / "ca.pem").write_text("the authority\n")
    first = {**GIVEN, "region": "us-east-1", "path_style": True, "ca_file": str(tmp_path / "ca.pem")}
    found = tmp_path / "backup.json"
    found.write_text(json.dumps({"storage": first, "second": {}}))
    return found


FIRST = {**GIVEN, "ca": "the authority"}


def test_what_a_host_backs_up_to_is_no_news(file):
    assert offered.news({"first": FIRST, "second": {}}, file) == []
    assert offered.news({"first": {**FIRST, "region": "us-east-1", "pruner": {"access_key": "x"}}}, file) == []


@pytest.mark.parametrize(
    "change",
    [{"secret_key": "c"}, {"bucket": "other"}, {"lock_days": 14}, {"ca": "another"}, {"region": "eu"}],
    ids=str,
)
def test_every_change_is_news(file, change):
    assert offered.news({"first": {**FIRST, **change}, "second": {}}, file) == ["first"]


def test_a_second_storage_is_news_by_itself_and_all_is_where_there_is_none(file, tmp_path):
    assert offered.news({"first": FIRST, "second": GIVEN}, file) == ["second"]
    assert offered.news({"first": FIRST, "second": GIVEN}, tmp_path / "none") == ["first", "second"]
    for broken in ("", "[]", '{"storage": {"odd": 1}}'):
        file.write_text(broken)
        assert offered.news({"first": FIRST, "second": {}}, file) == ["first"]


class Store:
    listed: tuple[str, ...] = ()

    def __init__(self, *_):
        pass

    def keys(self, prefix):
        if self.listed is None:
            raise Unreachable("InvalidAccessKeyId -> check the keys")
        return [key for key in self.listed if key.startswith(prefix)]


@pytest.fixture
def complaints(monkeypatch, tmp_path):
    """Return what tells the complaints about a storage, and whether something was written there."""
    monkeypatch.setattr(offered, "PlainStore", Store)

    def tell(listed=(), record=None, lineage="L1", name="first", seen=GOOD, writes=True, lock_days=0):
        monkeypatch.setattr(Store, "listed", listed)
        if record:
            disk.write_record(tmp_path / "state", record)
        probed = []
        monkeypatch.setattr(offered.probe, "probe", lambda *_: probed.append(1) or seen)
        given = {**GIVEN, "lock_days": lock_days}
        found = offered.judged(name, given, "s", lineage, ["k3s"], tmp_path / "state", writes)
        return found["complaints"], bool(probed)

    return tell


def holding(lineage, generation=1, component="k3s"):
    place = Place("s", component, lineage, 1, "20261127T060000Z")
    return (keys.marker("s", lineage, generation), place.key())


def test_an_empty_one_that_does_all_is_taken(complaints):
    assert complaints() == ([], True)
    assert complaints(holding("L1")) == ([], True)
    assert complaints(("other-site/catalogue/k3s/L9/000001/20261127T060000Z.json",)) == ([], True)


def test_nothing_is_written_in_check_mode(complaints):
    assert complaints(writes=False) == ([], False)


def test_bad_keys_are_named(complaints):
    assert complaints(None) == (["InvalidAccessKeyId -> check the keys"], False)


def test_sets_of_another_cluster_are_refused_before_anything_is_written(complaints):
    for name in ("first", "second"):
        (told,), probed = complaints(holding("L9"), name=name)
        assert "https://s3.example/box/s holds backups of L9" in told and not probed
    # Of another kind, or where nobody can say whose data these are, it is for others to judge.
    assert complaints(holding("L9", component="registry")) == ([], True)
    assert complaints(holding("L9"), lineage="") == ([], True)


def test_a_site_that_was_backed_up_elsewhere_is_told_from_one_that_was_restored(complaints):
    (told,), _probed = complaints(holding("L1", 2), record=Record("L1", 1))
    assert "before a restore" in told
    (told,), _probed = complaints((), record=Record("L1", 1))
    assert "does not know the data on this host" in told
    assert complaints((), record=Record("L1", 1), name="second") == ([], True)
    (told,), _probed = complaints(holding("L1", 2), record=Record("L1", 1), name="second")
    assert "before a restore" in told


def test_what_a_bucket_lacks_is_named(complaints):
    seen = GOOD._replace(keeps_versions=False, lock_days=0)
    told, _probed = complaints(seen=seen, lock_days=14)
    assert "keeps no versions" in told[0] and "expected 14 days" in told[1] and len(told) == 2


def test_a_refusal_while_it_is_tried_out_is_one_of_the_storage(complaints, monkeypatch):
    def refuse(*_):
        raise BackupError("cannot write")

    assert complaints()[1]
    monkeypatch.setattr(offered.probe, "probe", refuse)
    found = offered.judged("first", GIVEN, "s", "L1", ["k3s"], offered.Path("/nonexistent"), True)
    assert found["complaints"] == ["cannot write"]
