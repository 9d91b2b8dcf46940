# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.metalstack.autonomous.plugins.module_utils._site.clock import offset


class ActionModule(ActionBase):
    """Run the module and compare the host's clock with the controller's."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        before = time.time()
        result.update(self._execute_module(module_name="metalstack.autonomous.site_facts", task_vars=task_vars))
        if "facts" in result:
            result["facts"]["clock_offset"] = offset(result["facts"].pop("clock"), before, time.time())
        return result
