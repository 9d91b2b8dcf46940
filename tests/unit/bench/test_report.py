from __future__ import annotations

import pytest

from bench.report import Figure, percentile, table
from bench.site import Timed


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([3.0], 0.95, 3.0),
        ([4.0, 1.0, 3.0, 2.0], 0.5, 2.0),
        ([float(n) for n in range(1, 21)], 0.95, 19.0),
        ([1.0, 2.0], 1.0, 2.0),
        ([1.0, 2.0], 0.0, 1.0),
    ],
)
def test_percentile_is_the_nearest_rank(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


def test_percentile_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_table_shows_the_ratio_to_a_baseline_of_the_same_run() -> None:
    lines = table([Figure("bare script", 80.0), Figure("bootstrap", 100.0, "bare script", "70 tasks")])
    assert "1.25 x bare script" in lines[1] and lines[1].endswith("70 tasks")
    assert " x " not in lines[0]


def test_table_shows_no_ratio_where_the_baseline_was_not_measured() -> None:
    assert " x " not in table([Figure("k3s-ansible", 170.0, "bootstrap")])[0]


OUTPUT = """
TASK [Look] ***
TASK [Write] ***

PLAY RECAP ***
localhost                  : ok=1    changed=0    unreachable=0    failed=0
server1                    : ok=5    changed=2    unreachable=0    failed=0

PHASES ****
phase     seconds  tasks  changed
validate      1.0      1        0
total         1.0      1        0
"""


def test_run_tells_its_tasks_changes_and_phases() -> None:
    run = Timed(1.0, OUTPUT)
    assert (run.tasks(), run.changed()) == (2, 2)
    assert [row.split()[0] for row in run.phases()] == ["phase", "validate", "total"]


def test_a_bar_is_met_or_missed_by_how_much() -> None:
    assert table([Figure("a", 2.9, bar=3)]) == ["a       2.9 s    bar 3 s met"]
    assert table([Figure("a", 4.2, note="9 MiB", bar=3)]) == ["a       4.2 s    9 MiB, bar 3 s missed by 1.2 s"]


def test_what_is_no_time_has_a_unit_of_its_own() -> None:
    lines = table([Figure("bare", 200_000.4, unit="samples/s"), Figure("ours", 50_000.0, "bare", unit="samples/s")])
    assert lines[0] == "bare   200,000 samples/s"
    assert lines[1] == "ours    50,000 samples/s  0.25 x bare"
