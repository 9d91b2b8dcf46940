# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions for a control plane have in common: they run on the controller, with a kubeconfig of their own."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.collection_loader import AnsibleCollectionConfig
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.client import Cluster
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import fleet, options
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.errors import StackError
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.frame import Done, Place, Release

from . import inventory

COMMON: dict[str, t.Any] = {
    "control_plane": {"type": "dict", "required": True, "options": options.CONTROL_PLANE},
}
PARTITION: dict[str, t.Any] = {
    "partition": {"type": "dict", "required": True, "options": options.PARTITION},
}
KUBECONFIG: dict[str, t.Any] = {"kubeconfig": {"type": "path", "required": True}}
RELEASE: dict[str, t.Any] = {
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
}


class ControlPlaneAction(ActionBase):
    """An action whose C(act) raises StackError where something is not done."""

    TRANSFERS_FILES = False
    _requires_connection = False
    OPTIONS: t.ClassVar[dict[str, t.Any]] = COMMON

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        _spec, given = self.validate_argument_spec(self.OPTIONS)
        try:
            self.complete(given, task_vars or {})
            result.update(self.act(given))
        except (StackError, Unreachable) as error:
            raise AnsibleActionFail(str(error)) from error
        if not self._task.diff:
            result.pop("diff", None)
        return result

    def complete(self, given: dict[str, t.Any], task_vars: dict[str, t.Any]) -> None:
        """Put into the options what an argument specification cannot."""
        storage = given["control_plane"]["storage"]
        if not (storage["endpoint"] or storage["bucket"]):
            # Nothing of it is given but what has a default.
            given["control_plane"]["storage"] = None

    def act(self, given: dict[str, t.Any]) -> dict[str, t.Any]:
        """The result. given: the validated options."""
        raise NotImplementedError

    def cluster(self, given: dict[str, t.Any]) -> Cluster:
        """The one of the kubeconfig."""
        return Cluster(Path(given["kubeconfig"]))


class PartitionAction(ControlPlaneAction):
    """The same for a partition, with the inventory of the play as C(inventory) among the options."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = PARTITION

    def complete(self, given: dict[str, t.Any], task_vars: dict[str, t.Any]) -> None:
        chosen = fleet.chosen(given["partition"]["components"])
        names = [name for one in chosen for name in one.groups]
        found = inventory.of_play(task_vars, self._loader, names, given["partition"]["id"])
        given["components"], given["inventory"] = chosen, found


def released(given: dict[str, t.Any]) -> tuple[Release, Place]:
    """What is deployed, and where to, of C(RELEASE) and C(KUBECONFIG)."""
    one = given["release"]
    release = Release(one["name"], one["roles"], Path(one["roles_path"]), one["variables"])
    return release, Place(
        Path(given["kubeconfig"]), Path(given["state_path"]), AnsibleCollectionConfig.collection_paths
    )


def told(done: t.Sequence[Done]) -> dict[str, t.Any]:
    """The result, of what became of each component."""
    return {
        "changed": any(one.reasons for one in done),
        "components": [one.shown() for one in done],
        "diff": [
            {
                "before_header": one.name,
                "after_header": one.name,
                "before": one.before,
                "after": one.after + _because(one),
            }
            for one in done
            if one.reasons
        ],
    }


def _because(one: Done) -> str:
    """Why, which the versions do not tell where a variable has changed; no value of one is shown."""
    return "".join(f"because: {reason}\n" for reason in one.reasons)
