# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import datetime
import json
import typing as t
from pathlib import Path

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import (
    ntp,
    program_status,
    services,
    status,
    status_text,
    version_status,
)
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import controller, inventory, status_page

OPTIONS: dict[str, t.Any] = {
    "found": {"type": "dict", "required": True},
    "dns": {"type": "dict", "default": {}},
    "time": {"type": "dict", "default": {}},
    "backups": {"type": "dict", "default": {}},
    "monitoring": {"type": "dict", "default": {}},
    "grafana": {"type": "dict", "default": {}},
    "format": {"type": "str", "choices": ["table", "json"], "default": "table"},
    "path": {"type": "path"},
    "page": {"type": "path"},
    "publish": {"type": "bool", "default": False},
    "fail": {"type": "bool", "default": True},
}


class ActionModule(ActionBase):
    """Print the state of a site."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec(OPTIONS)
        site = inventory.read(task_vars or {})
        found = options["found"]
        beside = services.describe(site, found, *(options[name] for name in ("dns", "time", "backups", "monitoring")))
        cluster = status.describe(site, found)
        known = controller.pinned_versions(site, "k3s")
        versions = version_status.describe(cluster["hosts"], str(site.value("site_k3s_version")), known)
        programs = program_status.describe(site, found, *(options[name] for name in ("dns", "monitoring", "grafana")))
        state = {**cluster, **beside, "versions": versions, "programs": programs}
        document = json.dumps(state, indent=2)
        Display().display(document if options["format"] == "json" else status_text.render(state))
        if options["path"] and not self._task.check_mode:
            Path(options["path"]).write_text(document + "\n", encoding="utf-8")
        if options["page"] or options["publish"]:
            page = status_page.render(state, datetime.datetime.now(datetime.UTC))
            if options["page"] and not self._task.check_mode:
                Path(options["page"]).write_text(page, encoding="utf-8")
            if options["publish"]:
                # Not among what a run shows of its results.
                result.update(html=page, _ansible_verbose_override=True)
        result.setdefault("warnings", []).extend(ntp.warnings(site))
        failures = [*state["gate"]["failures"], *state["services"]["findings"]]
        verdict = "red" if failures else state["services"]["verdict"]
        summary = f"the site is {verdict}; conditions that do not hold: {len(failures)}"
        result.update(changed=False, verdict=verdict, summary=summary, failed=bool(failures) and options["fail"])
        if result["failed"]:
            result["msg"] = summary
        return result
