# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import prepare, prune
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._metal_stack import action

STATES: dict[str, t.Callable[..., dict[str, t.Any]]] = {"present": prepare.prepare, "pruned": prune.prune}


class ActionModule(action.ControlPlaneAction):
    """Gives a cluster what metal-stack's roles look for in it."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        **action.COMMON,
        **action.KUBECONFIG,
        "state": {"type": "str", "choices": list(STATES), "default": "present"},
    }

    def act(self, given: dict[str, t.Any]) -> dict[str, t.Any]:
        act = STATES[given["state"]]
        mirror = os.environ.get("METALSTACK_MIRROR", "")
        return act(given["control_plane"], self.cluster(given), self._task.check_mode, mirror)
