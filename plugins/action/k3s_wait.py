# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.plugin_utils._k3s.patience import PatientAction


class ActionModule(PatientAction):
    """Waits until a node and its cluster are as they should be."""

    MODULE = "metalstack.autonomous.k3s_wait"

    def remember(self, result: dict[str, t.Any]) -> dict[str, t.Any]:
        return {"restarts": result["restarts"], "heard": result.get("heard")}
