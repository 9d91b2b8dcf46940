"""How far another host is."""

from __future__ import annotations

import socket

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import distance


@pytest.fixture
def port() -> int:
    """A port of this host that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_a_host_answers_whatever_runs_there(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        heard = distance.round_trip("127.0.0.1", port)
    refused = distance.round_trip("127.0.0.1", port)
    assert heard is not None and refused is not None
    assert 0 <= heard < 500 and 0 <= refused < 500


def test_one_that_does_not_answer_is_told_apart(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr(distance, "SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", port), backlog=0) as server:
        # Whoever is not accepted fills the queue, and the next one's question is not answered.
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(server.getsockname())
        assert distance.round_trips({"server2": "127.0.0.1"}, port) == {"server2": None}
        for one in waiting:
            one.close()


def test_it_is_the_middle_one_of_a_few(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    times = iter([0.0, 0.9, 1.0, 1.012, 2.0, 2.014, 3.0, 3.013, 4.0, 4.001])
    monkeypatch.setattr(distance.time, "monotonic", lambda: next(times))
    assert distance.round_trip("127.0.0.1", port) == 13.0


def test_a_name_that_nobody_knows_is_no_answer() -> None:
    assert distance.round_trip("no-such-host.invalid") is None
