"""Says what is being done, for how long, and what remains of it."""

from __future__ import annotations

import sys
import time
from typing import TextIO

QUIET_SECONDS = 10.0


def duration(seconds: float) -> str:
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"


def remaining(elapsed: float, done: float) -> float | None:
    """Seconds to go when `done` (0 to 1) took `elapsed`; None while nothing can be said."""
    return elapsed * (1 - done) / done if done >= 0.05 else None


class Progress:
    """One long step. On a terminal the line is rewritten, elsewhere a line comes every ten seconds."""

    def __init__(self, what: str, stream: TextIO = sys.stderr) -> None:
        self.what = what
        self.stream = stream
        self.started = time.monotonic()
        self.said = self.started
        self.terminal = stream.isatty()
        self._write(f"{what} …")

    def update(self, now: str, done: float | None = None) -> None:
        clock = time.monotonic()
        if not self.terminal and clock - self.said < QUIET_SECONDS:
            return
        self.said = clock
        elapsed = clock - self.started
        left = remaining(elapsed, done) if done is not None else None
        estimate = f", about {duration(left)} to go" if left is not None else ""
        self._write(f"{self.what}: {now} ({duration(elapsed)}{estimate})")

    def done(self, result: str = "done") -> None:
        self._write(f"{self.what}: {result} ({time.monotonic() - self.started:.1f}s)")
        if self.terminal:
            print(file=self.stream)

    def _write(self, line: str) -> None:
        print(f"\r\033[K{line}" if self.terminal else line, end="" if self.terminal else "\n", file=self.stream)
        self.stream.flush()
