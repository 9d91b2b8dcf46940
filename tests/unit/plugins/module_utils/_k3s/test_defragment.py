"""Making room, with an etcd that answers as the real one does."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import client, defragment

MEBIBYTE = 1 << 20


class Etcd:
    """A member that compacts in the background, and shrinks when it is defragmented."""

    def __init__(self, live: int) -> None:
        self.size = self.used = 100
        self.live, self.compacted, self.silent = live, False, 0
        self.alarms = [{"memberID": "1", "alarm": "NOSPACE"}, {"memberID": "2", "alarm": "NOSPACE"}]
        self.calls: list[str] = []

    def json(self, path: str, _method: str, body: dict[str, t.Any]) -> dict[str, t.Any]:
        if self.silent:
            self.silent -= 1
            raise client.Unreachable("connection refused")
        answer = getattr(self, path.rpartition("/")[2])(body)
        return answer or {}

    def status(self, _body: dict) -> dict:
        if self.compacted:
            self.used = max(self.live, self.used - 30)
        sizes = {"dbSize": self.size, "dbSizeInUse": self.used, "dbSizeQuota": 100}
        return {
            "header": {"member_id": "1", "revision": "7"},
            **{key: str(value * MEBIBYTE) for key, value in sizes.items()},
        }

    def alarm(self, body: dict) -> dict:
        if body["action"] == "DEACTIVATE":
            self.calls.append("disarm")
            self.alarms = [each for each in self.alarms if each["memberID"] != body["memberID"]]
        return {"alarms": self.alarms}

    def compaction(self, body: dict) -> None:
        assert body == {"revision": "7", "physical": True}
        if self.compacted:
            raise client.Unreachable("400 etcdserver: mvcc: required revision has been compacted", 400)
        self.calls.append("compact")
        self.compacted = True

    def defragment(self, _body: dict) -> None:
        self.calls.append("defragment")
        self.size = self.used


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(defragment, "POLL_SECONDS", 0)


def member(monkeypatch: pytest.MonkeyPatch, live: int) -> Etcd:
    etcd = Etcd(live)
    monkeypatch.setattr(client, "etcd", lambda *_arguments: etcd)
    return etcd


def test_its_own_alarm_goes_once_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    etcd = member(monkeypatch, live=10)
    after = defragment.make_room(5)
    assert (after.size, after.alarm) == (10 * MEBIBYTE, False)
    assert etcd.calls == ["compact", "defragment", "disarm"]
    assert [alarm["memberID"] for alarm in etcd.alarms] == ["2"]


def test_what_another_turn_has_compacted_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    etcd = member(monkeypatch, live=10)
    etcd.compacted = True
    assert defragment.make_room(5).size == 10 * MEBIBYTE
    assert etcd.calls == ["defragment", "disarm"]


def test_the_alarm_stays_when_all_of_it_is_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    etcd = member(monkeypatch, live=100)
    assert defragment.make_room(5).alarm
    assert "disarm" not in etcd.calls


def test_a_member_that_is_starting_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    etcd = member(monkeypatch, live=10)
    etcd.silent = 2
    assert defragment.patiently(lambda: defragment.make_room(5), 5).size == 10 * MEBIBYTE


def test_one_that_never_answers_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    etcd = member(monkeypatch, live=10)
    etcd.silent = 1 << 30
    with pytest.raises(client.Unreachable, match="connection refused"):
        defragment.patiently(defragment.look, 0.05)
