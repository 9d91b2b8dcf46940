# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ansible.utils.display import Display
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import fleet
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.errors import StackError
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.partition import PartitionDeployer
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._metal_stack import action

display = Display()


class ActionModule(action.PartitionAction):
    """Deploys the switches and management servers of a partition, with its roles in a process of its own."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {**action.PARTITION, **action.KUBECONFIG, **action.RELEASE}

    def act(self, given: dict[str, t.Any]) -> dict[str, t.Any]:
        release, place = action.released(given)
        deployer = PartitionDeployer(
            given["partition"],
            release,
            place,
            self.cluster(given),
            given["inventory"],
            say=display.display,
            dry=self._task.check_mode,
        )
        told: dict[str, t.Any] = {}
        try:
            deployer.run(given["components"])
        except (StackError, Unreachable) as error:
            told = {"failed": True, "msg": str(error)}
        deployed = {one.name for one in deployer.done if one.reasons}
        chosen, (groups, _hosts) = given["components"], given["inventory"]
        leaves = fleet.leaves([one for one in chosen if one.name in deployed], groups)
        return {**told, **action.told(deployer.done), "leaves": leaves}
