"""Rounds are made as often as was asked for, and as there is time for; each is shown as it comes."""

from __future__ import annotations

import pytest

from bench import rounds
from bench.report import Figure, table
from bench.rounds import Limits, Taken, limits


@pytest.mark.parametrize(
    ("done", "another"),
    [
        ([], True),
        ([10.0], True),
        ([10.0, 10.0], True),
        ([10.0, 10.0, 10.0], False),
        ([100.0], False),
        # As long as the longest before, it would end too late.
        ([45.0, 10.0], True),
        ([45.0, 11.0], False),
    ],
    ids=["the first", "one more", "the last", "as many as asked for", "no time at all", "just in time", "too late"],
)
def test_another_round_begins_while_there_is_one_to_make_and_time_for_it(done: list[float], another: bool) -> None:
    assert Limits(3, 100.0).allow(done) is another


def test_it_tells_how_many_rounds_there_were(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    clock = iter(range(0, 6000, 60))
    monkeypatch.setattr(rounds.time, "monotonic", lambda: float(next(clock)))
    assert list(Limits(10, 180.0).each()) == [1, 2, 3]
    assert capsys.readouterr().out == "3 of 10 rounds, in 3 min\n"


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        ([], {}, Limits(10, 5400.0)),
        ([], {"BENCH_ROUNDS": "3", "BENCH_MINUTES": "2"}, Limits(3, 120.0)),
        (["--rounds", "5", "--minutes", "0.5"], {"BENCH_ROUNDS": "3"}, Limits(5, 30.0)),
    ],
)
def test_limits_come_from_the_command_line_or_the_environment(
    arguments: list[str], environment: dict[str, str], expected: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BENCH_ROUNDS", "BENCH_MINUTES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert limits("", arguments) == expected


def test_no_round_at_all_is_refused() -> None:
    with pytest.raises(SystemExit):
        limits("", ["--rounds", "0"])


def test_each_time_is_said_as_it_comes_and_judged_in_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    taken = Taken()
    for seconds in (4.0, 2.0, 3.0):
        taken.add("ours", seconds)
    assert capsys.readouterr().out.splitlines()[1] == "ours, round 2: 2.0 s"
    lines = table([Figure("theirs", 6.0), *taken.figures("ours", "theirs", "a note", bar=3.5)])
    assert "ours, p50 of 3" in lines[1] and "0.50 x theirs" in lines[1] and lines[1].endswith("a note")
    assert lines[2].split()[:2] == ["p95", "4.0"] and lines[2].endswith("bar 3.5 s missed by 0.5 s")
