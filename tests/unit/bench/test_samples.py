"""Samples are counted one by one, and a flood has the time and value that it is sent with."""

from __future__ import annotations

import struct

import pytest

from bench import samples
from bench.samples import Flood, census, single


def answer(**series: list[int]) -> list[dict[str, object]]:
    return [
        {"metric": {"number": name[1:]}, "values": [[1.0, str(value)] for value in values]}
        for name, values in series.items()
    ]


@pytest.mark.parametrize(
    ("found", "lost", "twice"),
    [
        ({"n0": [0, 1, 2], "n1": [0, 1, 2]}, 0, 0),
        ({"n0": [0, 2], "n1": [0, 1, 2]}, 1, 0),
        ({"n0": [0, 1, 1, 2], "n1": [0, 1, 2]}, 0, 1),
        ({"n0": [0, 1, 2]}, 3, 0),
        # One that was taken although nobody said so.
        ({"n0": [0, 1, 2, 3], "n1": [0, 1, 2]}, 0, 0),
        ({}, 6, 0),
    ],
    ids=["all", "one lost", "one twice", "a series lost", "one more", "nothing"],
)
def test_every_sample_is_counted(found: dict[str, list[int]], lost: int, twice: int) -> None:
    counted = census(samples.samples(answer(**found)), rounds=3, width=2)
    assert (counted.lost, counted.twice, len(counted.found)) == (lost, twice, 6 - lost)


def test_what_one_store_alone_has_is_counted() -> None:
    one, two = frozenset({("0", 0), ("0", 1)}), frozenset({("0", 1), ("0", 2)})
    assert single([one, two, frozenset()]) == 2


def test_a_flood_has_its_series_and_can_be_marked_with_time_and_value() -> None:
    flood = Flood(2500)
    assert flood.sizes == [1000, 1000, 500]
    value, moment = struct.pack("<d", 7.0), samples.varint(samples.now())
    assert len(moment) == len(samples.MARKS[1])
    for piece, size in zip(flood.pieces, flood.sizes, strict=True):
        assert [piece.count(mark) for mark in samples.MARKS] == [size, size]
        sent = piece.replace(samples.MARKS[0], value).replace(samples.MARKS[1], moment)
        assert len(sent) == len(piece) and sent.count(value + b"\x10" + moment) == size
    labels = {samples.like_scraped(number) for number in range(5000)}
    assert len(labels) == 5000
