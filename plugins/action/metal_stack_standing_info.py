# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail
from ansible.utils.display import Display
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.fetch import default_cache
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.transport import Transport
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import offer
from ansible_collections.metalstack.autonomous.plugins.module_utils._release import options
from ansible_collections.metalstack.autonomous.plugins.module_utils._release.errors import ReleaseError
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._metal_stack import action

display = Display()
RELEASE: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str", "required": True},
    "vectors": {**options.VECTORS, "default": []},
    "replacements": {"type": "dict", "default": {}},
    "roles": {"type": "dict", "default": {}},
}


class ActionModule(action.ControlPlaneAction):
    """Tells which release a control plane is at, and by which others it comes to the one that is wanted."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        **action.COMMON,
        **action.KUBECONFIG,
        **{name: options.COMMON[name] for name in ("replacements", "registry_mirrors", "verify", "cosign")},
        "vectors": {**options.VECTORS, "default": []},
        "releases": {"type": "list", "elements": "dict", "default": [], "options": RELEASE},
        "release_name": {"type": "str", "default": ""},
        "withdrawn": {"type": "list", "elements": "str", "default": []},
    }

    def act(self, given: dict[str, t.Any]) -> dict[str, t.Any]:
        cluster, namespace = self.cluster(given), given["control_plane"]["namespace"]
        standing = offer.of_cluster(cluster, namespace)
        try:
            found = offer.look(given, standing, Transport(default_cache() / "unreachable", display.vvv))
        except ReleaseError as error:
            raise AnsibleActionFail(str(error)) from error
        return {"changed": False, **standing.shown(), "unused": offer.unused(cluster, namespace), **found}
