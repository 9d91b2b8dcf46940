# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.metalstack.autonomous.plugins.action.mirror_collect import foreign, told
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import carry, trust
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError

display = Display()

OPTIONS: dict[str, t.Any] = {
    "source": {"type": "path", "required": True},
    "path": {"type": "path", "required": True},
    "signers": {"type": "list", "elements": "str", "default": []},
}


class ActionModule(ActionBase):
    """Take a mirror that was carried to this machine."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec(OPTIONS)
        source, directory = (Path(options[name]).absolute() for name in ("source", "path"))
        try:
            found = carry.run(source, directory, options["signers"], display.display, dry=self._task.check_mode)
        except (MirrorError, OSError) as error:
            raise AnsibleActionFail(str(error)) from error
        if not options["signers"]:
            result.setdefault("warnings", []).append(trust.UNSIGNED)
        if found.foreign:
            result.setdefault("warnings", []).append(foreign(found))
        return {**result, **told(found)}
