# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking several at once, none of whom is waited for longer than is said, whatever it hangs in."""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t

T = t.TypeVar("T")


def together(calls: t.Sequence[t.Callable[[], T]], seconds: float) -> list[T | None]:
    """What each has answered; None from one that failed, or has no answer in time.

    A look-up of a name knows no timeout of ours, and the end of the program does not wait for one either.
    """
    answers: list[T | None] = [None] * len(calls)

    def ask(place: int) -> None:
        # Whatever it is that nobody foresaw, the others are heard.
        with contextlib.suppress(Exception):
            answers[place] = calls[place]()

    threads = [threading.Thread(target=ask, args=(place,), daemon=True) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    end = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return list(answers)
