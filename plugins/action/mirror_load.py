# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.utils.display import Display
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.registry import Access
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import load, trust
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.target import Target
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._mirror.action import MirrorAction

display = Display()


class ActionModule(MirrorAction):
    """Load a mirror's images into a registry."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "path": {"type": "path", "required": True},
        "url": {"type": "str", "required": True},
        "username": {"type": "str", "default": ""},
        "password": {"type": "str", "default": "", "no_log": True},
        "ca": {"type": "str", "default": ""},
        "signers": {"type": "list", "elements": "str", "default": []},
        "prune": {"type": "bool", "default": False},
        "timeout": {"type": "float", "default": 300},
    }

    def act(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        access = Access(username=options["username"], password=options["password"])
        target = Target(options["url"], access, options["ca"], options["timeout"], display.display)
        directory, dry = Path(options["path"]).absolute(), self._task.check_mode
        try:
            found = load.run(directory, target, options["signers"], display.display, prune=options["prune"], dry=dry)
        finally:
            target.close()
        return {
            "changed": found.changed,
            **found._asdict(),
            "diff": {
                "before": "".join(f"{name}\n" for name in found.removed),
                "after": "".join(f"{name}\n" for name in found.loaded),
            },
            "warnings": [] if options["signers"] else [trust.UNSIGNED],
        }
