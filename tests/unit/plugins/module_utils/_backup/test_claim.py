"""The generation of a server that outlived the others, with and without the object storage."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import disk, keys, site
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Local, Record

NAME = "survivor server1 20260101T000000Z"


class Store:
    """An object storage that is there or not."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.down = False

    def _asked(self) -> None:
        if self.down:
            raise Unreachable("cannot list")

    def keys(self, prefix: str) -> list[str]:
        self._asked()
        return [key for key in self.objects if key.startswith(prefix)]

    def get(self, key: str) -> bytes:
        self._asked()
        return self.objects[key]

    def put_new(self, key: str, content: bytes) -> bool:
        self._asked()
        return self.objects.setdefault(key, content) == content


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    """Return a storage that knows two generations of L1."""
    found = Store()
    for generation in (1, 2):
        begun(found, generation)
    monkeypatch.setattr(site, "ObjectStore", lambda storage, hurried=False: found)
    return found


def begun(store: Store, generation: int, by: str = "a set") -> None:
    store.objects[keys.marker("lab", "L1", generation)] = json.dumps({"restored": by}).encode()


def newest(store: Store) -> int:
    return len([key for key in store.objects if "/lineages/" in key])


def server(directory: Path, generation: int = 2) -> site.Site:
    directory.mkdir()
    disk.write_record(directory, Record("L1", generation))
    settings = SimpleNamespace(site="lab", host=directory.name, state=directory, storage="first", second=None, peers=())
    return site.Site(settings)  # type: ignore[arg-type]


def told(directory: Path) -> site.Site:
    """Another server of the site, that takes part in the claim."""
    found = server(directory)
    disk.write_record(directory, Record("L1", 3), NAME)
    return found


def test_a_claim_is_begun_at_once_where_the_storage_answers(store: Store, tmp_path: Path) -> None:
    survivor = server(tmp_path / "server1")
    assert survivor.claim(NAME) == (Record("L1", 3), NAME)
    survivor.settle()
    assert newest(store) == 3
    assert disk.read_claim(tmp_path / "server1") == ""
    assert disk.read_record(tmp_path / "server1") == Record("L1", 3)


def test_one_of_an_outage_is_made_up_for_by_whoever_comes_first(store: Store, tmp_path: Path) -> None:
    survivor, other = server(tmp_path / "server1"), told(tmp_path / "server2")
    store.down = True
    survivor.claim(NAME)
    with pytest.raises(Unreachable):
        survivor.settle()
    for each in (survivor, other):
        assert each.may_start(Local(True)).allowed
    store.down = False
    for each in (survivor, other):
        assert each.may_start(Local(True)).allowed
    other.refuse_foreign()  # as each backup does first
    assert newest(store) == 3
    survivor.refuse_foreign()
    assert newest(store) == 3
    assert not any(disk.read_claim(tmp_path / name) for name in ("server1", "server2"))


def test_old_data_start_no_more_once_it_is_begun(store: Store, tmp_path: Path) -> None:
    old, survivor = server(tmp_path / "old"), server(tmp_path / "server1")
    survivor.claim(NAME)
    assert old.may_start(Local(True)).allowed
    survivor.settle()
    assert not old.may_start(Local(True)).allowed


def test_a_claim_that_is_open_is_not_made_twice(store: Store, tmp_path: Path) -> None:
    survivor = server(tmp_path / "server1")
    store.down = True
    survivor.claim(NAME)
    assert survivor.claim("survivor server1 later") == (Record("L1", 3), NAME)


@pytest.mark.parametrize("generations", [[3], [3, 4]], ids=["the same generation", "a later one"])
def test_a_restore_elsewhere_in_the_meantime_comes_first(store: Store, tmp_path: Path, generations: list[int]) -> None:
    survivor = server(tmp_path / "server1")
    survivor.claim(NAME)
    for generation in generations:
        begun(store, generation)
    assert not survivor.may_start(Local(True)).allowed
    with pytest.raises(BackupError, match="before a restore"):
        survivor.refuse_foreign()
    assert disk.read_claim(tmp_path / "server1") == NAME


def test_a_storage_that_was_emptied_is_told_nothing(store: Store, tmp_path: Path) -> None:
    survivor = server(tmp_path / "server1")
    survivor.claim(NAME)
    store.objects.clear()
    assert survivor.may_start(Local(True)).alarm
    with pytest.raises(BackupError, match="does not know the data"):
        survivor.settle()
    assert not store.objects
