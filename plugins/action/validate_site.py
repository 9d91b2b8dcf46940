# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import finding, hosts, ntp, offline
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import controller, inventory


class ActionModule(ActionBase):
    """Judge the inventory, or the facts of its hosts, and report every mistake at once."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec(
            {
                "facts": {"type": "dict"},
                "strangers": {"type": "dict", "default": {}},
                "leaving": {"type": "list", "elements": "str", "default": []},
                "rotates": {"type": "str", "default": ""},
            }
        )
        site = inventory.read(task_vars or {})
        known = controller.read(site)
        if options["facts"] is None:
            findings = offline.check(site, known)
            result.setdefault("warnings", []).extend([] if findings else ntp.warnings(site))
        else:
            findings = hosts.check(
                site, options["facts"], options["strangers"], known, options["leaving"], options["rotates"]
            )
            silent = hosts.overlooked(site, options["facts"], options["leaving"])
            result.setdefault("warnings", []).extend([f"{', '.join(silent)} did not answer"] if silent else [])
        result.update(changed=False, ids=finding.ids(findings), failed=bool(findings))
        if findings:
            result["msg"] = finding.report(findings)
        return result
