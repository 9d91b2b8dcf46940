# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking a shoot for operations, and waiting until they have succeeded, whoever began them."""

from __future__ import annotations

import time
import typing as t

from .._k3s.gate import Failure
from . import operations, refusals, rotation, seeds, status, waiting
from .client import Garden, Object, Refusal
from .errors import GardenError
from .kinds import SHOOT
from .operations import Plan, Wanted

_CONFLICT = 409
# Somebody else writes between a look and what follows from it, as gardenlet does all the time.
_TRIES = 5
_PAUSE = 1.0


class Written(t.NamedTuple):
    """What was done so far, for a later slice of the wait.

    generation: of the shoot after the last write, 0 without one. sent: what it was asked for. phases: before that.
    """

    generation: int
    sent: list[str]
    phases: dict[str, str]


class Done(t.NamedTuple):
    """shoot: as it was seen last. failures: what does not hold yet. over: waiting longer is of no use."""

    shoot: Object
    written: Written
    failures: list[Failure]
    over: bool
    seconds: float


class Operating:
    """One shoot, and what is wanted of it."""

    def __init__(self, garden: t.Callable[[], Garden], namespace: str, name: str, wanted: Wanted) -> None:
        """garden: opens it, since its kubeconfig may be replaced while it is waited for."""
        self._garden, self._namespace, self._name, self._wanted = garden, namespace, name, wanted
        self._opened = garden()

    @property
    def warnings(self) -> list[str]:
        return self._opened.warnings

    def look(self) -> Object:
        """The shoot, of which all that is wanted may be asked as it is now."""
        shoot = self._opened.get(SHOOT, self._namespace, self._name)
        if shoot is None:
            raise GardenError(f"there is no shoot {self._name} in namespace {self._namespace} -> create it first")
        plan = operations.plan(shoot, self._wanted)
        self._refuse([*plan.refused, *(operations.refusals(shoot, self._wanted) if plan.send else [])])
        if plan.send or plan.awaits:
            self._refuse(seeds.stopped(self._opened, shoot))
        return shoot

    def predict(self, shoot: Object) -> Written:
        """What it would be asked for. The API server judges it, unless something else has to end first."""

        def ask(shoot: Object) -> Written:
            plan = operations.plan(shoot, self._wanted)
            if plan.send and not plan.blocked:
                self._patch(shoot, plan.send, operations.ANNOTATION, dry=True)
            return Written(0, plan.send, rotation.phases(shoot))

        return self._again(shoot, ask)

    def defer(self, shoot: Object, dry: bool) -> Written:
        """Have it done in the next maintenance window; what is noted for that already stays."""

        def ask(shoot: Object) -> Written:
            there = operations.asked(shoot, operations.DEFERRED)
            send = [one for one in operations.plan(shoot, self._wanted).send if one not in there]
            if send:
                self._patch(shoot, send, operations.DEFERRED, dry)
            return Written(0, send, rotation.phases(shoot))

        return self._again(shoot, ask)

    def run(self, written: Written, seconds: float, wait: bool) -> Done:
        """Ask for what comes next until all has been done. seconds: for all of it; 0 looks once.

        wait: without it one thing is asked for and nothing is waited for.
        """
        begin, conflicts = time.monotonic(), 0
        while True:
            left = max(0.0, seconds - (time.monotonic() - begin)) if wait else 0.0
            found = waiting.until(self._garden, self._namespace, self._name, left, self._verdict(written, wait))
            waited = time.monotonic() - begin
            if found.failures or found.found is None:
                return Done(found.found or {}, written, found.failures, found.over, waited)
            plan = self._plan(found.found, written)
            if not plan.send:
                return Done(found.found, written, [], False, waited)
            try:
                changed = self._patch(found.found, plan.send, operations.ANNOTATION)
            except Refusal as error:
                conflicts += 1
                if error.status != _CONFLICT or conflicts == _TRIES:
                    raise
                time.sleep(_PAUSE)
                continue
            conflicts = 0
            written = Written(changed["metadata"]["generation"], [*written.sent, *plan.send], written.phases)
            if not wait:
                return Done(changed, written, [], False, waited)

    def _again(self, shoot: Object, ask: t.Callable[[Object], Written]) -> Written:
        """Ask; and of the shoot as it is then where somebody else has written since it was read."""
        for _try in range(_TRIES - 1):
            try:
                return ask(shoot)
            except Refusal as error:
                if error.status != _CONFLICT:
                    raise
            time.sleep(_PAUSE)
            shoot = self.look()
        return ask(shoot)

    def _verdict(self, written: Written, wait: bool) -> t.Callable[[Object | None], waiting.Verdict]:
        # Where nothing is wanted, it is what others have begun that is waited for.
        begun = bool(written.sent) or not self._wanted.operations

        def verdict(shoot: Object | None) -> waiting.Verdict:
            nonlocal begun
            if shoot is None:
                raise GardenError(f"shoot {self._namespace}/{self._name} is gone while it was waited for")
            plan = self._plan(shoot, written)
            self._refuse(plan.refused)
            begun = begun or bool(plan.awaits)
            if not wait:
                return (plan.awaits if plan.send and plan.blocked else []), False
            if operations.FORCE_IN_PLACE in self._wanted.operations:
                return plan.awaits, False
            if (plan.send and not plan.blocked) or not begun:
                return [], False
            failures, over = status.judge(shoot, self._generation(shoot, written))
            if failures or plan.awaits:
                return [*failures, *plan.awaits], over
            failures = operations.unmaintained(shoot, self._wanted)
            return failures, bool(failures)

        return verdict

    def _generation(self, shoot: Object, written: Written) -> int:
        """The generation that has to succeed. Maintenance takes its annotation with the write that changes the spec,
        and what others have begun is in the last one."""
        latest = operations.MAINTAIN in self._wanted.operations or not self._wanted.operations
        return int(shoot["metadata"]["generation"]) if latest else written.generation

    def _plan(self, shoot: Object, written: Written) -> Plan:
        return operations.plan(shoot, self._wanted, {operations.whose(one) for one in written.sent})

    def _patch(self, shoot: Object, send: list[str], annotation: str, dry: bool = False) -> Object:
        change = operations.change(shoot, send, annotation)
        try:
            return self._opened.patch(SHOOT, self._namespace, self._name, change, dry)
        except Refusal as error:
            if error.status == _CONFLICT:
                raise
            raise GardenError(
                f"shoot {self._namespace}/{self._name} cannot be asked for {', '.join(send)}:"
                f" {refusals.explained(error)}"
            ) from error

    def _refuse(self, reasons: list[str]) -> None:
        if reasons:
            raise GardenError(f"shoot {self._namespace}/{self._name}: {'; '.join(reasons)}")
