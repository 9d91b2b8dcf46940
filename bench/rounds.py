"""How often something is measured: as many rounds as are asked for, and no more than there is time for.

--rounds N and --minutes M, or BENCH_ROUNDS and BENCH_MINUTES; ten rounds and ninety minutes without them.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.report import Figure, spread


@dataclass(frozen=True)
class Limits:
    """How many rounds at most, and for how many seconds in all."""

    rounds: int
    seconds: float

    def allow(self, done: Sequence[float]) -> bool:
        """Tell whether another round may begin after those that took so many seconds each: the first one, and each that
        ends in time if it takes no longer than the longest so far."""
        if not done:
            return True
        return len(done) < self.rounds and sum(done) + max(done) <= self.seconds

    def each(self) -> Iterator[int]:
        """Yield the number of each round, from 1 on, and tell in the end how many there were."""
        done: list[float] = []
        while self.allow(done):
            begin = time.monotonic()
            yield len(done) + 1
            done.append(time.monotonic() - begin)
        print(f"{len(done)} of {self.rounds} rounds, in {sum(done) / 60:.0f} min", flush=True)


def limits(description: str | None, arguments: Sequence[str] | None = None) -> Limits:
    """Read them from the command line, or else from the environment."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("BENCH_ROUNDS", "10")))
    parser.add_argument("--minutes", type=float, default=float(os.environ.get("BENCH_MINUTES", "90")))
    given = parser.parse_args(arguments)
    if given.rounds < 1 or math.isnan(given.minutes):
        parser.error("expected one round at least, and a number of minutes")
    return Limits(given.rounds, 60 * given.minutes)


class Taken:
    """Seconds by what took them, each said as it comes: a run that is ended early has shown what it has measured."""

    def __init__(self) -> None:
        self._seconds: dict[str, list[float]] = {}

    def add(self, name: str, seconds: float) -> None:
        self._seconds.setdefault(name, []).append(seconds)
        print(f"{name}, round {len(self._seconds[name])}: {seconds:.1f} s", flush=True)

    def figures(self, name: str, baseline: str = "", note: str = "", bar: float = 0) -> list[Figure]:
        """Return median and 95th percentile of one of them, beside the median of another one."""
        return spread(name, self._seconds[name], baseline, note, bar)

    def beside(self, baseline: str, name: str, bar: float) -> list[Figure]:
        """Return the figures of one of them against the median of another, which come first."""
        known = self.figures(baseline)
        return [*known, *self.figures(name, known[0].name, bar=bar)]
