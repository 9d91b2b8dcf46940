# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import datetime
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import standing
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._metal_stack import action

BEGUN, REACHED = "begun", "reached"


class ActionModule(action.ControlPlaneAction):
    """Records in the cluster which release a control plane is at, or on the way to."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        **action.COMMON,
        **action.KUBECONFIG,
        "state": {"type": "str", "choices": [BEGUN, REACHED], "default": REACHED},
        "release": {"type": "str", "required": True},
        "components": {"type": "dict", "default": {}},
    }

    def act(self, given: dict[str, t.Any]) -> dict[str, t.Any]:
        cluster, namespace = self.cluster(given), given["control_plane"]["namespace"]
        found = cluster.get("ConfigMap", namespace, standing.NAME)
        before = (found or {}).get("data") or {}
        if given["state"] == BEGUN:
            after = standing.begun(before, given["release"])
        else:
            after = standing.reached(before, given["release"], given["components"], datetime.datetime.now(datetime.UTC))
        if after != before and not self._task.check_mode:
            cluster.keep("ConfigMap", namespace, standing.NAME, after, found)
        return {
            "changed": after != before,
            "release": after.get("release", ""),
            "begun": after.get("begun", ""),
            "diff": {"before": standing.shown(before), "after": standing.shown(after)},
        }
