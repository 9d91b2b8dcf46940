# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A call that has to end within a time: neither the upgrade to a web socket nor RethinkDB's driver has a time-out."""

from __future__ import annotations

import threading
import typing as t

from .._k3s.client import Unreachable

T = t.TypeVar("T")


def within(seconds: float, what: str, call: t.Callable[[], T]) -> T:
    """What it returns or raises. What hangs on is left to end with the process. what: named where it does not end."""
    ended: list[tuple[T | None, BaseException | None]] = []

    def run() -> None:
        try:
            ended.append((call(), None))
        except BaseException as error:
            ended.append((None, error))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not ended:
        raise Unreachable(
            f"{what} did not end within {seconds:g} s -> see whether its node is overloaded, or wait longer"
        )
    result, error = ended[0]
    if error is not None:
        raise error
    return t.cast(T, result)
