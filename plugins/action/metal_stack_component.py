# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.utils.collection_loader import AnsibleCollectionConfig
from ansible.utils.display import Display
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import components
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.deploy import (
    Deployer,
    Place,
    Release,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.errors import StackError
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._metal_stack import action

display = Display()


class ActionModule(action.ControlPlaneAction):
    """Deploys components of metal-stack, each with its roles in a process of its own."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        **action.COMMON,
        **action.KUBECONFIG,
        "databases": {"type": "list", "elements": "str", "default": []},
        "state_path": {"type": "path", "required": True},
        "release": {
            "type": "dict",
            "required": True,
            "options": {
                "name": {"type": "str", "default": ""},
                "roles_path": {"type": "path", "required": True},
                "roles": {"type": "dict", "required": True},
                "variables": {"type": "dict", "default": {}},
            },
        },
        "schedules": {"type": "dict", "default": {}},
    }

    def act(self, given: dict[str, t.Any]) -> dict[str, t.Any]:
        wanted, released = given["control_plane"], given["release"]
        chosen = components.chosen(wanted["components"])
        if given["databases"]:
            chosen = [one for one in chosen if one.database and one.database.name in given["databases"]]
        release = Release(released["name"], released["roles"], Path(released["roles_path"]), released["variables"])
        place = Place(Path(given["kubeconfig"]), Path(given["state_path"]), AnsibleCollectionConfig.collection_paths)
        dry = self._task.check_mode
        deployer = Deployer(
            wanted, release, place, self.cluster(given), schedules=given["schedules"], say=display.display, dry=dry
        )
        told: dict[str, t.Any] = {}
        try:
            deployer.run(chosen)
        except (StackError, Unreachable) as error:
            told = {"failed": True, "msg": str(error)}
        done = deployer.done
        return {
            **told,
            "changed": any(one.reasons for one in done),
            "components": [one.shown() for one in done],
            "diff": [
                {"before_header": one.name, "after_header": one.name, "before": one.before, "after": one.after}
                for one in done
                if one.reasons
            ],
        }
