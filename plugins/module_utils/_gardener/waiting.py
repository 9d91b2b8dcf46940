# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Polling until something holds, through whatever a control plane does to its clients meanwhile."""

from __future__ import annotations

import time
import typing as t

from .._k3s.gate import Failure
from .client import Garden, Object, Unreachable
from .kinds import SHOOT

POLL_SECONDS = 5.0
# No answer, a login that has to be renewed, too many requests, and an API server that is rolled.
_PASSING = (0, 401, 429, 500, 502, 503, 504)
# An aggregated API server that has just started does not know yet whom to believe who asks.
_NOBODY = "system:anonymous"

T = t.TypeVar("T")
Verdict = tuple[list[Failure], bool]


class Waited(t.NamedTuple):
    """found: as it was seen last, None where it is gone or was never read. over: waiting longer is of no use."""

    found: t.Any
    failures: list[Failure]
    over: bool
    seconds: float

    @property
    def shoot(self) -> Object | None:
        """In the words of who waits for one."""
        return t.cast("Object | None", self.found)


def until(
    garden: t.Callable[[], Garden],
    namespace: str,
    name: str,
    seconds: float,
    verdict: t.Callable[[Object | None], Verdict],
) -> Waited:
    """Ask for a shoot as C(polled) does. verdict: of the shoot, None where it is gone."""
    return polled(garden, seconds, lambda opened: opened.get(SHOOT, namespace, name), verdict)


def polled(
    garden: t.Callable[[], Garden],
    seconds: float,
    read: t.Callable[[Garden], T],
    verdict: t.Callable[[T], Verdict],
) -> Waited:
    """Read until a verdict has no failure, is final, or the time is over. seconds: 0 looks once.

    garden: opens it, since its kubeconfig may be replaced just then. Raises Unreachable for what does not pass by
    itself.
    """
    begin, opened, found = time.monotonic(), None, None
    while True:
        try:
            opened = opened or garden()
            found = read(opened)
            failures, over = verdict(found)
        except Unreachable as error:
            if error.status not in _PASSING and _NOBODY not in str(error):
                raise
            remedy = "see whether it runs, and whether the kubeconfig still counts"
            failures, over = [Failure("the garden answers", str(error), "an answer", remedy)], False
        waited = time.monotonic() - begin
        if not failures or over or waited >= seconds:
            return Waited(found, failures, over, waited)
        time.sleep(min(POLL_SECONDS, max(0.0, seconds - waited)))
