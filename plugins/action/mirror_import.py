# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.utils.display import Display
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import carry, trust
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._mirror.action import MirrorAction, told

display = Display()


class ActionModule(MirrorAction):
    """Take a mirror that was carried to this machine."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "source": {"type": "path", "required": True},
        "path": {"type": "path", "required": True},
        "signers": {"type": "list", "elements": "str", "default": []},
    }

    def act(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        source, directory = (Path(options[name]).absolute() for name in ("source", "path"))
        found = carry.run(source, directory, options["signers"], display.display, dry=self._task.check_mode)
        return told(found, *([] if options["signers"] else [trust.UNSIGNED]))
