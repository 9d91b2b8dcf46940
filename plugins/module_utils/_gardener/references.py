# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking again for what is refused only since the API server does not know yet what was made for it a moment ago."""

from __future__ import annotations

import time
import typing as t

from . import refusals
from .client import Refusal

T = t.TypeVar("T")

# How long an object that was made just now may be unknown to gardener-apiserver, whose informers are behind.
REFERENCE_SECONDS = 20.0
_PAUSE = 1.0


def known(ask: t.Callable[[], T], patient: bool = True) -> T:
    """What an API server answers once it knows all that is referred to. patient: False asks once."""
    end = time.monotonic() + (REFERENCE_SECONDS if patient else 0.0)
    while True:
        try:
            return ask()
        except Refusal as error:
            if not refusals.unknown(error) or time.monotonic() >= end:
                raise
        time.sleep(_PAUSE)
