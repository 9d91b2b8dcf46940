# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of a shoot that are only rolled out in its maintenance window. Pure.

With C(maintenance.confineSpecUpdateRollout) a change does not raise the generation (mustIncreaseGeneration in
pkg/apiserver/registry/core/shoot/strategy.go of Gardener v1.138.3), so nothing in a shoot tells that what runs is
behind its spec. What does is noted in an annotation with the change, and compared with what has begun since: in each
window gardener-controller-manager asks for a reconciliation, which raises the generation (getOperation in
pkg/controllermanager/controller/shoot/maintenance/reconciler.go), and gardenlet may begin one without.
"""

from __future__ import annotations

import typing as t

from .._k3s.gate import Failure

Object = dict[str, t.Any]

# The generation of the shoot when it was changed and, where nothing was under way then, when its last operation ended.
ANNOTATION = "metalstack.autonomous/confined-since"


def confined(live: Object, after: Object) -> bool:
    """Whether a change waits for the window. after: what the garden would make of the shoot."""
    maintenance = after["spec"].get("maintenance") or {}
    if not maintenance.get("confineSpecUpdateRollout") or live["spec"] == after["spec"]:
        return False
    generation = live["metadata"].get("generation", 0)
    # What has not begun yet begins with the shoot as it is then.
    begun = (live.get("status") or {}).get("observedGeneration", 0) >= generation
    return bool(begun and after["metadata"].get("generation", 0) == generation)


def note(live: Object) -> str:
    """The annotation for a change of the shoot that waits."""
    last = (live.get("status") or {}).get("lastOperation") or {}
    # What is under way has begun without the change, and tells later when it ended, not when it began.
    ended = "" if last.get("state") in ("Processing", "Pending") else last.get("lastUpdateTime", "")
    return f"{live['metadata'].get('generation', 0)} {ended}".rstrip()


def pending(shoot: Object) -> Failure | None:
    """What has not been rolled out yet of the changes that were noted, None where all has at least begun."""
    generation, _space, ended = (shoot["metadata"].get("annotations") or {}).get(ANNOTATION, "").partition(" ")
    status = shoot.get("status") or {}
    if not generation.isdecimal() or status.get("observedGeneration", 0) > int(generation):
        return None
    if ended and (status.get("lastOperation") or {}).get("lastUpdateTime") != ended:
        return None
    window = (shoot["spec"].get("maintenance") or {}).get("timeWindow") or {}
    times = f" from {window.get('begin')} to {window.get('end')}" if window else ""
    return Failure(
        "the last change is rolled out",
        f"it waits for the maintenance window{times} (maintenance.confineSpecUpdateRollout)",
        "begun",
        "wait for the window, or send operation 'reconcile' by gardener_shoot_operation",
    )
