# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import partition
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._metal_stack import action


class ActionModule(action.PartitionAction):
    """Records that the leaves of a partition were seen to take their configuration."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {**action.PARTITION, **action.KUBECONFIG}

    def act(self, given: dict[str, t.Any]) -> dict[str, t.Any]:
        wanted = given["partition"]
        found = partition.verified(self.cluster(given), wanted["namespace"], wanted["id"], self._task.check_mode)
        before, after = ("".join(f"{name}: {what}\n" for name in found) for what in ("deployed", "verified"))
        return {"changed": bool(found), "components": found, "diff": {"before": before, "after": after}}
