"""What a host has heard of its data, from the object storages and from the other servers, and what it remembers."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import disk, keys, peers, site
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Local, Record
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import client

OWN = Record("L1", 2)
HERE = Local(True)


class World:
    """The generation that each storage and each server knows of; one that is missing gives no answer."""

    def __init__(self, **known: int) -> None:
        self.known = known
        self.silence: type[BackupError] = Unreachable

    def store(self, storage: str, hurried: bool = False) -> SimpleNamespace:
        def listed(prefix: str) -> list[str]:
            if storage not in self.known:
                raise self.silence("cannot list")
            return [keys.marker("lab", "L1", number) for number in range(1, self.known[storage] + 1)]

        return SimpleNamespace(keys=listed, get=lambda _: json.dumps({"restored": "a set"}).encode())

    def api(self, _deadline: object, address: str, any_time: bool) -> SimpleNamespace:
        def find(path: str) -> dict[str, Any] | None:
            assert path == peers.PATH and any_time
            if address not in self.known:
                raise client.Unreachable("connection refused")
            return {"data": {"lineage": "L1", "generation": str(self.known[address])}}

        return SimpleNamespace(find=find)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    found = World()
    monkeypatch.setattr(site, "ObjectStore", found.store)
    monkeypatch.setattr(client, "api", found.api)
    return found


def host(state: Path, second: str | None = None) -> site.Site:
    state.mkdir(exist_ok=True)
    if disk.read_record(state) is None:
        disk.write_record(state, OWN)
    settings = SimpleNamespace(site="lab", host="h", state=state, storage="first", second=second, peers=("a", "b"))
    return site.Site(settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "allowed", "alarm"),
    [
        pytest.param({}, True, True, id="nobody answers: all boot after a power cut, and the storage is down"),
        pytest.param({"a": 2}, True, True, id="another one lives with the same data"),
        pytest.param({"a": 2, "b": 3}, False, False, id="another one lives in a newer generation"),
        pytest.param({"first": 2, "b": 3}, False, False, id="of which the storage has not heard"),
        pytest.param({"first": 2, "a": 2}, True, False, id="all is well"),
        pytest.param({"first": 3}, False, False, id="restored elsewhere"),
    ],
)
def test_who_answers_is_heard(tmp_path: Path, world: World, known: dict[str, int], allowed: bool, alarm: bool) -> None:
    world.known = known
    answer = host(tmp_path).may_start(HERE)
    assert (answer.allowed, answer.alarm) == (allowed, alarm)


def test_a_storage_that_answers_nonsense_is_as_silent(tmp_path: Path, world: World) -> None:
    world.known, world.silence = {"second": 2, "a": 3}, BackupError
    assert not host(tmp_path, "second").may_start(HERE).allowed


@pytest.mark.parametrize("known", [{"second": 3}, {"a": 3}], ids=["the other storage", "a server"])
def test_the_others_are_heard_while_a_name_is_looked_up_in_vain(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch, known: dict[str, int]
) -> None:
    """The DNS of a location that was lost gives no answer, for longer than any gate waits."""
    over = threading.Event()
    store = world.store

    def looked_up(storage: str, hurried: bool = False) -> SimpleNamespace:
        if storage == "first":
            over.wait()
        return store(storage, hurried)

    monkeypatch.setattr(site, "ObjectStore", looked_up)
    monkeypatch.setattr(site, "SECONDS", 1.0)
    world.known = known
    try:
        assert not host(tmp_path, "second").may_start(HERE).allowed
    finally:
        over.set()


def test_a_server_that_tells_nonsense_takes_nothing_from_what_the_storage_says(tmp_path: Path, world: World) -> None:
    world.known = {"first": 3, "a": "9" * 5000}  # type: ignore[dict-item]
    assert not host(tmp_path).may_start(HERE).allowed


@pytest.mark.parametrize("teller", ["first", "second", "a"])
def test_a_refusal_is_not_forgotten_when_who_knew_of_it_falls_silent(tmp_path: Path, world: World, teller: str) -> None:
    """G9: neither an outage of the storage nor a reboot gets around it."""
    world.known = {"first": 2, "second": 2} | {teller: 3}
    assert not host(tmp_path, "second").may_start(HERE).allowed
    world.known = {}
    again = host(tmp_path, "second").may_start(HERE)
    assert not again.allowed and "was told before of generation 3" in again.reason
    # One storage that knows nothing of it is not both.
    world.known = {"first": 2}
    assert not host(tmp_path, "second").may_start(HERE).allowed
    # Somebody has taken it back.
    world.known = {"first": 2, "second": 2}
    assert host(tmp_path, "second").may_start(HERE).allowed
    world.known = {}
    assert host(tmp_path, "second").may_start(HERE).allowed


def test_a_backup_that_was_refused_is_remembered_as_well(tmp_path: Path, world: World) -> None:
    world.known = {"first": 3}
    with pytest.raises(BackupError, match="before a restore"):
        host(tmp_path).refuse_foreign()
    world.known = {}
    assert not host(tmp_path).may_start(HERE).allowed


def test_a_refusal_holds_for_the_data_that_it_was_for(tmp_path: Path, world: World) -> None:
    world.known = {"first": 3}
    assert not host(tmp_path).may_start(HERE).allowed
    # The host has entered the restored cluster.
    disk.write_record(tmp_path, Record("L1", 3))
    world.known = {}
    assert host(tmp_path).may_start(HERE).allowed


def test_a_claim_that_came_too_late_is_remembered(tmp_path: Path, world: World) -> None:
    disk.write_record(tmp_path, Record("L1", 3), "survivor h")
    world.known = {"first": 3}
    assert not host(tmp_path).may_start(HERE).allowed
    world.known = {}
    assert not host(tmp_path).may_start(HERE).allowed


def test_a_marker_that_cannot_be_read_takes_no_claim_back(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        site,
        "ObjectStore",
        lambda *_, **__: SimpleNamespace(keys=world.store("first").keys, get=lambda _: b"no JSON"),
    )
    disk.write_record(tmp_path, Record("L1", 3), "survivor h")
    world.known = {"first": 3}
    assert host(tmp_path).may_start(HERE).allowed


def test_half_a_restore_is_no_refusal_to_remember(tmp_path: Path, world: World) -> None:
    world.known = {"first": 2}
    assert not host(tmp_path).may_start(Local(data=True, partial=True)).allowed
    world.known = {}
    assert host(tmp_path).may_start(HERE).allowed


def test_half_a_restore_makes_nobody_forget_a_refusal(tmp_path: Path, world: World) -> None:
    world.known = {"first": 3}
    assert not host(tmp_path).may_start(HERE).allowed
    world.known = {}
    assert not host(tmp_path).may_start(Local(data=True, partial=True)).allowed
    assert not host(tmp_path).may_start(HERE).allowed


def test_a_full_disk_changes_no_verdict(tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.known = {"first": 3}
    made = host(tmp_path)
    monkeypatch.setattr(disk.os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    assert not made.may_start(HERE).allowed


@pytest.mark.parametrize(
    "data",
    [None, {}, {"lineage": "L2", "generation": "9"}, {"lineage": "L1"}, {"lineage": "L1", "generation": "many"}],
    ids=["no such object", "empty", "another cluster", "no number", "no whole number"],
)
def test_a_server_that_does_not_tell_is_not_asked_further(
    monkeypatch: pytest.MonkeyPatch, data: dict[str, str] | None
) -> None:
    answer = None if data is None else {"data": data}
    monkeypatch.setattr(client, "api", lambda *_, **__: SimpleNamespace(find=lambda _: answer))
    assert peers.generations(["a"], "L1") == {}


def test_a_server_is_asked_for_what_it_knows_without_etcd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which answers nothing while it elects a leader, as after the loss of the server that is asking now."""
    asked: list[str] = []
    monkeypatch.setattr(client, "api", lambda *_, **__: SimpleNamespace(find=asked.append))
    peers.generations(["a"], "L1")
    assert [path.partition("?")[2] for path in asked] == ["resourceVersion=0"]


def test_without_others_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "api", None)
    assert peers.generations([], "L1") == {}
