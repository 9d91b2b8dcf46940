# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads that are asked for again; writes never are, for nobody knows what became of the first one."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import (
    Busy,
    ServerFailed,
    Unreachable,
)

ATTEMPTS = 4
# The limit is one of each minute of the server's clock, which nobody knows here: looked at often enough to lose little,
# and for two of them, since others with the same token may use up the next one.
BUSY_PAUSE, BUSY_SECONDS = 5.0, 150.0
FIRST_PAUSE = 0.5
Sleep = t.Callable[[float], None]
Tell = t.Callable[[str], object]
T = t.TypeVar("T")


def patient(once: t.Callable[[], T], sleep: Sleep = time.sleep, tell: Tell = lambda text: None) -> T:
    """The answer of ``once``, which is asked again while its server takes no more calls in this minute.

    tell: is told each time for how long it has waited. Raises Busy when that is too long.
    """
    waited = 0.0
    while True:
        try:
            return once()
        except Busy as error:
            if waited >= BUSY_SECONDS:
                raise Busy(f"{error}; waited {waited:g} s -> run it again, or see who else uses this token") from error
            tell(f"{error}; waiting for its next minute, {waited:g} s so far")
        sleep(BUSY_PAUSE)
        waited += BUSY_PAUSE


def reading(once: t.Callable[[], T], sleep: Sleep = time.sleep) -> T:
    """The answer of ``once``, which gets four attempts within 3.5 s of pauses; the last error if none succeeds."""
    pause = FIRST_PAUSE
    for _attempt in range(ATTEMPTS - 1):
        try:
            return once()
        except (ServerFailed, Unreachable):
            sleep(pause)
            pause *= 2
    return once()
