# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads that are asked for again; writes never are, for nobody knows what became of the first one."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import ServerFailed, Unreachable

ATTEMPTS = 4
FIRST_PAUSE = 0.5
Sleep = t.Callable[[float], None]
T = t.TypeVar("T")


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
