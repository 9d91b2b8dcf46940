from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import probe
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.probe import Seen
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.store import Forbidden, Written

GOOD = Seen(True, True, True, True, True, 0.2, 0)


@pytest.mark.parametrize("clock", [0.2, -59.0, None])
def test_a_good_storage_has_no_complaint(clock):
    assert probe.complaints(GOOD._replace(clock=clock)) == []


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"reads_what_was_written": False}, "does not return"),
        ({"lists": False}, "does not list"),
        ({"first_write_wins": False}, "If-None-Match"),
        ({"keeps_versions": False}, "enable versioning"),
        ({"refuses_to_remove_versions": False}, "without DeleteObjectVersion"),
        ({"clock": -61.0}, "its clock is -61 s"),
    ],
)
def test_each_lack_is_a_complaint_with_a_remedy(changed, word):
    (complaint,) = probe.complaints(GOOD._replace(**changed))
    assert word in complaint and "->" in complaint


@pytest.mark.parametrize(
    ("seen", "asked", "word"),
    [
        (0, 0, None),
        (14, 14, None),
        (30, 14, None),
        (13, 14, "13 days"),
        (0, 14, "0 days"),
        (None, 14, "may not ask"),
        (None, 0, None),
    ],
)
def test_a_lock_is_required_only_where_it_was_asked_for(seen, asked, word):
    found = probe.complaints(GOOD._replace(lock_days=seen), asked)
    assert [word in one for one in found] == ([True] if word else [])


class Bucket:
    """One object with its versions, oldest first; None is a marker. What is no marker is locked."""

    def __init__(self, removes):
        self.removes, self.key, self.versions = removes, "", []

    def _add(self, content):
        self.versions.append((f"v{len(self.versions)}", content))
        return self.versions[-1][0]

    def put(self, key, content):
        self.key = key
        return Written(self._add(content), None)

    def put_new(self, _key, _content):
        return False

    def get(self, _key):
        return self.versions[-1][1]

    def keys(self, prefix):
        return [self.key] if self.key.startswith(prefix) and self.versions[-1][1] is not None else []

    def delete(self, _key, version=""):
        if not version:
            return self._add(None)
        content = dict(self.versions)[version]
        if self.removes is not None and (content is not None or not self.removes):
            raise Forbidden("AccessDenied")
        if self.removes is None:
            raise BackupError("NotImplemented")
        self.versions = [one for one in self.versions if one[0] != version]
        return ""

    def lock_days(self):
        return 14


@pytest.mark.parametrize(("removes", "refuses"), [(False, True), (True, False), (None, False)])
def test_whether_an_account_removes_versions_is_seen_although_the_bucket_locks_them(removes, refuses):
    bucket = Bucket(removes)
    assert probe.probe(bucket, "s").refuses_to_remove_versions is refuses
    assert not bucket.keys("s/probe/")
