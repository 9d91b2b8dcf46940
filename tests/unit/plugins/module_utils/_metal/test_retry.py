"""What is asked again, and for how long."""

from __future__ import annotations

import types

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import retry
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import Busy, Throttled
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V2, Endpoint
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.v2 import ClientV2

LIMIT = "you have reached the per-minute API rate limit (limit: 100)"


def failing(times, error):
    left = [error] * times

    def once():
        if left:
            raise left.pop()
        return "answer"

    return once


def test_a_server_that_is_busy_is_asked_until_its_minute_is_over_and_that_is_told():
    paused, told = [], []
    assert retry.patient(failing(12, Busy("full")), paused.append, told.append) == "answer"
    assert sum(paused) == 60 and len(told) == 12 and told[-1] == "full; waiting for its next minute, 55 s so far"


def test_it_is_not_waited_for_without_end():
    paused = []
    with pytest.raises(Busy, match="full; waited 150 s -> run it again"):
        retry.patient(failing(1000, Busy("full")), paused.append)
    assert sum(paused) == 150


def test_what_does_not_pass_with_a_minute_is_not_waited_for():
    with pytest.raises(Throttled):
        retry.patient(failing(1, Throttled("no address is free")), pytest.fail)


@pytest.mark.parametrize(("message", "kind"), [(LIMIT, Busy), ("no address is free", Throttled)])
def test_a_limit_of_calls_is_told_from_other_lacks(message, kind):
    client = ClientV2(Endpoint(V2, "https://api.example.org"))
    assert type(client._error("PartitionService/Create", "resource_exhausted", message)) is kind


def test_a_call_waits_and_one_that_finds_out_who_answers_does_not(monkeypatch):
    paused = []
    client = ClientV2(Endpoint(V2, "https://api.example.org"), sleep=paused.append)
    answers = types.SimpleNamespace(once=failing(1, Busy("full")))
    monkeypatch.setattr(client, "once", lambda *_: answers.once())
    assert client.call("api", "version", "Get") == "answer" and paused == [5.0]
