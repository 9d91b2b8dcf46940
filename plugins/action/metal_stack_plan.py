# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import (
    components,
    freshness,
    inputs,
    variables,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.errors import refuse
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._metal_stack import action, certificates


class ActionModule(action.ControlPlaneAction):
    """Refuses a control plane that cannot be as it is described, and tells what it consists of."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        **action.COMMON,
        "volumes": {"type": "list", "elements": "dict", "default": []},
    }

    def act(self, given: dict[str, t.Any]) -> dict[str, t.Any]:
        wanted = given["control_plane"]
        refuse([*inputs.complaints(wanted), *certificates.complaints(wanted["variables"])])
        chosen = components.chosen(wanted["components"])
        intents = {one["name"]: one for one in wanted["databases"]}
        databases = [one.database for one in chosen if one.database]
        volumes = {one["name"]: {"volume": one["volume"]} for one in given["volumes"]}
        gated = [{**variables.asked(wanted, one, intents[one.name]), **volumes.get(one.name, {})} for one in databases]
        return {
            "changed": False,
            "components": [one.name for one in chosen],
            "databases": [{name: one[name] for name in ("name", "engine", "prefix")} for one in gated],
            "gated": gated,
            "backup_ages": {one["name"]: freshness.expected(one["schedule"]) for one in gated},
        }
