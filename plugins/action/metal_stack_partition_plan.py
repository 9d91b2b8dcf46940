# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import (
    agreement,
    fleet,
    masterdata,
    options,
    partition,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.errors import refuse
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._metal_stack import action

RELEASE: dict[str, t.Any] = {
    **action.KUBECONFIG,
    "name": {"type": "str", "default": ""},
    "installed": {"type": "dict", "default": {}},
    "replacements": {"type": "dict", "default": {}},
    "roles": {"type": "list", "elements": "str", "default": []},
    "refusals": {"type": "list", "elements": "str", "default": []},
}


class ActionModule(action.PartitionAction):
    """Refuses a partition that cannot be as it is described, and tells what it consists of."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        **action.PARTITION,
        "known": {"type": "dict", "options": options.PARTITION["needs"]["options"]},
        "release": {"type": "dict", "options": RELEASE},
        "unread": {"type": "list", "elements": "str", "default": []},
    }

    def act(self, given: dict[str, t.Any]) -> dict[str, t.Any]:
        wanted, chosen, (groups, hosts) = given["partition"], given["components"], given["inventory"]
        data, needs = wanted["masterdata"], wanted["needs"]
        names = [one.name for one in chosen]
        found = [f"redeploy: {one} is none -> choose of {', '.join(names)}" for one in wanted["redeploy"]]
        refuse(
            [
                *(one for one, name in zip(found, wanted["redeploy"], strict=True) if name not in names),
                *fleet.complaints(chosen, groups, hosts, partition.common(wanted)),
                *masterdata.complaints(wanted["id"], data, needs, wanted["networks_taken"]),
                *(masterdata.missing(data, needs, given["known"]) if given["known"] else []),
                *(self._other_release(wanted["namespace"], given["release"]) if given["release"] else []),
                *given["unread"],
            ]
        )
        return {
            "changed": False,
            "components": [one.name for one in chosen if one.hosts(groups)],
            "leaves": fleet.leaves(chosen, groups),
        }

    def _other_release(self, namespace: str, release: dict[str, t.Any]) -> list[str]:
        try:
            found = partition.other_release(self.cluster(release), namespace, release["name"])
        except Unreachable as error:
            # Whatever else is wrong is told as well.
            found = [str(error)]
        return [
            *found,
            *release["refusals"],
            *agreement.differences(release["installed"], release),
        ]
