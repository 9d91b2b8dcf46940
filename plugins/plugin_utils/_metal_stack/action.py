# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions for a control plane have in common: they run on the controller, with a kubeconfig of their own."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import options
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.client import Cluster
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.errors import StackError

COMMON: dict[str, t.Any] = {
    "control_plane": {"type": "dict", "required": True, "options": options.CONTROL_PLANE},
}
KUBECONFIG: dict[str, t.Any] = {"kubeconfig": {"type": "path", "required": True}}


class ControlPlaneAction(ActionBase):
    """An action whose C(act) raises StackError where something is not done."""

    TRANSFERS_FILES = False
    _requires_connection = False
    OPTIONS: t.ClassVar[dict[str, t.Any]] = COMMON

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        _spec, given = self.validate_argument_spec(self.OPTIONS)
        storage = given["control_plane"]["storage"]
        if not (storage["endpoint"] or storage["bucket"]):
            # Nothing of it is given but what has a default.
            given["control_plane"]["storage"] = None
        try:
            result.update(self.act(given))
        except StackError as error:
            raise AnsibleActionFail(str(error)) from error
        except Unreachable as error:
            raise AnsibleActionFail(f"the cluster does not do it: {error}") from error
        if not self._task.diff:
            result.pop("diff", None)
        return result

    def act(self, given: dict[str, t.Any]) -> dict[str, t.Any]:
        """The result. given: the validated options."""
        raise NotImplementedError

    def cluster(self, given: dict[str, t.Any]) -> Cluster:
        """The one of the kubeconfig."""
        return Cluster(Path(given["kubeconfig"]))
