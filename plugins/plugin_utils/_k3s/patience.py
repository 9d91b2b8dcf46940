# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting on a host in slices, so that something can be said between them."""

from __future__ import annotations

import time
import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

display = Display()

NEWS_SECONDS = 15


class PatientAction(ActionBase):
    """Runs a module that takes a C(timeout) and returns what does not hold (C(failures)), and whether that is final
    (C(over)), until it succeeds, or for as long as it was given."""

    MODULE = ""
    # The module's own default of C(timeout).
    SECONDS = 300

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        arguments = self.given()
        patience = int(arguments.get("timeout", self.SECONDS))
        begin, changed = time.monotonic(), False
        first: dict[str, t.Any] = {}
        while True:
            left = max(0, patience - int(time.monotonic() - begin))
            arguments["timeout"] = min(left, NEWS_SECONDS)
            result = self._execute_module(self.MODULE, module_args=arguments, task_vars=task_vars)
            changed, first = changed or bool(result.get("changed")), first or result
            failures = result.get("failures")
            waited = time.monotonic() - begin
            if not (result.get("failed") and failures) or result["over"] or left <= NEWS_SECONDS:
                break
            arguments.update(self.remember(result))
            display.display(progress(self.subject(arguments), waited, patience, failures))
        result = self.completed(first, result)
        if "waited" in result:
            result.update(changed=changed, waited=round(waited, 1))
        return result

    def given(self) -> dict[str, t.Any]:
        """The arguments of the task."""
        return dict(self._task.args)

    def subject(self, arguments: dict[str, t.Any]) -> str:
        """Who is waited for."""
        return str(arguments["node"])

    def completed(self, first: dict[str, t.Any], last: dict[str, t.Any]) -> dict[str, t.Any]:
        """The result, of the first slice's and the last one's, which may be the same."""
        return last

    def remember(self, result: dict[str, t.Any]) -> dict[str, t.Any]:
        """The arguments that a later slice takes from an earlier one's answer."""
        return {}


def progress(node: str, waited: float, patience: int, failures: list[dict[str, str]]) -> str:
    """What is still to come, in one line."""
    first = failures[0]
    more = f" and {len(failures) - 1} more" if len(failures) > 1 else ""
    return f"{node}: {waited:.0f} s of {patience} at most; still to come: {first['condition']} ({first['seen']}){more}"
