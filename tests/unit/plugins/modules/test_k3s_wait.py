"""How long something has to hold before it counts."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import k3s_wait


class Clock:
    """Time that passes only while something sleeps, and verdicts that come one a poll."""

    def __init__(self, monkeypatch, verdicts: str):
        self.now, self.verdicts = 0.0, list(verdicts)
        monkeypatch.setattr(k3s_wait.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(k3s_wait.time, "sleep", self.sleep)
        monkeypatch.setattr(k3s_wait, "verdict", lambda _: self.judge())
        monkeypatch.setattr(k3s_wait.host, "unit", lambda: {"restarts": 0})

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def judge(self) -> list[str]:
        bad = (self.verdicts.pop(0) if len(self.verdicts) > 1 else self.verdicts[0]) == "-"
        return ["not yet"] if bad else []


@pytest.mark.parametrize(
    ("verdicts", "soak", "waited", "holds"),
    [
        ("+", 0, 0.0, True),
        ("--+", 0, 1.0, True),
        ("+", 3, 3.0, True),
        # What breaks in between begins anew.
        ("++-+", 3, 4.5, True),
        ("-", 0, 5.0, False),
        # It holds when the time is over, so it may go on to soak.
        ("---------+", 3, 7.5, True),
        # It breaks after the time is over.
        ("---------+++-", 3, 6.0, False),
    ],
)
def test_everything_holds_without_a_break(monkeypatch, verdicts, soak, waited, holds):
    Clock(monkeypatch, verdicts)
    seconds, failures, over = k3s_wait.wait({"timeout": 5, "soak": soak}, 0)
    assert (seconds, not failures, over) == (waited, holds, False)


def test_the_first_heartbeat_is_kept_for_the_calls_that_follow(monkeypatch):
    told = iter([None, "09:00", "09:00", "09:10"])
    monkeypatch.setattr(k3s_wait.observe, "heartbeat", lambda _: next(told))
    params = {"node": "agent1", "heard": None}
    seen = [k3s_wait.beats(params) for _ in range(3)]
    assert seen == [(None, None), ("09:00", "09:00"), ("09:00", "09:00")]
    assert k3s_wait.beats({**params}) == ("09:00", "09:10")
