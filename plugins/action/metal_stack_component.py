# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ansible.utils.display import Display
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import components
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.deploy import Deployer
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.errors import StackError
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._metal_stack import action

display = Display()


class ActionModule(action.ControlPlaneAction):
    """Deploys components of metal-stack, each with its roles in a process of its own."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        **action.COMMON,
        **action.KUBECONFIG,
        "databases": {"type": "list", "elements": "str", "default": []},
        **action.RELEASE,
        "schedules": {"type": "dict", "default": {}},
    }

    def act(self, given: dict[str, t.Any]) -> dict[str, t.Any]:
        wanted = given["control_plane"]
        chosen = components.chosen(wanted["components"])
        if given["databases"]:
            chosen = [one for one in chosen if one.database and one.database.name in given["databases"]]
        release, place = action.released(given)
        dry = self._task.check_mode
        deployer = Deployer(
            wanted, release, place, self.cluster(given), schedules=given["schedules"], say=display.display, dry=dry
        )
        told: dict[str, t.Any] = {}
        try:
            deployer.run(chosen)
        except (StackError, Unreachable) as error:
            told = {"failed": True, "msg": str(error)}
        return {**told, **action.told(deployer.done)}
