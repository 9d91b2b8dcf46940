# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.plugins.action import ActionBase

OPTIONS: dict[str, t.Any] = {
    "path": {"type": "path", "required": True},
    "content": {"type": "str", "required": True},
}


class ActionModule(ActionBase):
    """Write a file unless there is one."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec(OPTIONS)
        path = Path(options["path"])
        missing = not path.exists()
        if missing and not self._task.check_mode:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(options["content"], encoding="utf-8")
        if missing and self._task.diff:
            result["diff"] = {"before": "", "after": options["content"], "after_header": str(path)}
        result.update(changed=missing, path=str(path))
        return result
