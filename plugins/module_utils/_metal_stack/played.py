# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook run in a process of its own, its output in a log without secrets, and told about now and then."""

from __future__ import annotations

import os
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from . import process, told, workspace
from .errors import StackError

NEWS_SECONDS = 15.0
Say = t.Callable[[str], None]


@dataclass(frozen=True)
class Run:
    """What is run. name: of the component. work: its directory, which is removed. seconds: that it is said to have.

    append: whether the log keeps what it has.
    """

    name: str
    work: Path
    environment: t.Mapping[str, str]
    log: Path
    seconds: float
    append: bool = False


def play(run: Run, secrets: t.Iterable[str], end: float, say: Say, note: t.Callable[[], None] = lambda: None) -> None:
    """Run it until C(end) of the monotonic clock. Raises StackError with the task that failed, and why.

    note: is called now and then.
    """
    listener, mask, news = told.Listener(), told.masked(secrets), News(say, run.seconds)
    kept = os.O_APPEND if run.append else os.O_TRUNC
    with os.fdopen(os.open(run.log, os.O_WRONLY | os.O_CREAT | kept, 0o600), "w", encoding="utf-8") as file:

        def hear(line: str) -> None:
            line = mask(line)
            file.write(line)
            file.flush()
            listener.hear(line)

        def tick(waited: float) -> None:
            note()
            news.at(f"{run.name}: {listener.task or 'starts'}", waited)

        left = max(1.0, end - time.monotonic())
        status = process.run(workspace.command(), run.environment, run.work, left, hear, tick)
    if status == process.TIMED_OUT:
        raise StackError(
            f"{run.name}: its roles did not end within {run.seconds:.0f} s, at task '{listener.task}' -> see {run.log},"
            " or raise the timeout"
        )
    if status:
        why = listener.explained() or f"ansible-playbook ended with {status}"
        raise StackError(f"{run.name}: {why} -> see {run.log}")


class News:
    """Says something every now and then."""

    def __init__(self, say: Say, seconds: float) -> None:
        self._say = say
        self._seconds = seconds
        self._last = 0.0

    def at(self, text: str, waited: float) -> None:
        if waited - self._last >= NEWS_SECONDS:
            self._last = waited
            self._say(f"{text} ({waited:.0f} s of {self._seconds:.0f} at most)")
