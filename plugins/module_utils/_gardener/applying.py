# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing what was planned for a shoot, of the shoot as it was read and no other one."""

from __future__ import annotations

import time
import typing as t

from . import adoption, references, refusals
from .client import Garden, Object, Refusal
from .kinds import SHOOT
from .plan import Plan

# Gardener writes between a look and what follows from it: gardenlet how far it is, maintenance what it raises.
TRIES = 8
_PAUSE = 0.5


def done(garden: Garden, look: t.Callable[[], Plan], dry: bool) -> tuple[Plan, Object]:
    """Write what is planned, if that changes anything, and return it with what the shoot is, or dry would be, then.

    look: plans, and raises what forbids it. It is asked anew where the shoot has changed since it was read, so that
    nothing is written over that somebody has raised in between; Refusal with status 409 when that never ends.
    """
    begun: Plan | None = None
    tries = 0
    while True:
        found: Plan | None = None
        tries += 1
        try:
            found = look()
            return _whole(found, begun), _outcome(garden, found, dry)
        except Refusal as error:
            # Of a field that somebody has taken in between the server tells who, before it compares versions.
            taken = found is not None and refusals.conflicts(error)
            if tries == TRIES or not (taken or refusals.stale(error)):
                raise
        # A take-over is several writes, the first of which may have been done.
        begun = begun or (found if found and found.adopted else None)
        time.sleep(_PAUSE)


def written(garden: Garden, found: Plan) -> Object:
    """Write what was planned, and return what has become of it."""
    manifest = found.manifest
    if found.live is not None and found.adopted:
        version = adoption.adopt(garden, SHOOT, found.live)["metadata"]["resourceVersion"]
        manifest = {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": version}}
    return references.known(lambda: garden.apply(SHOOT, manifest, force=found.force))


def _whole(found: Plan, begun: Plan | None) -> Plan:
    """A plan with what was taken over in a try before it. begun: None where nothing was."""
    return found._replace(live=begun.live, adopted=begun.adopted) if begun and not found.adopted else found


def _outcome(garden: Garden, found: Plan, dry: bool) -> Object:
    # The dry run has raised the generation while an operation is asked for; without a write nobody has.
    if found.live is not None and not dry and not found.changed:
        return found.live
    return found.after if dry else written(garden, found)
