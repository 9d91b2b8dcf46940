# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: phases
type: aggregate
short_description: Time each phase of a run and keep a journal of what was under way
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - A phase is a role's task file (C(k3s_cluster/install)) or, for tasks of a playbook, the playbook's own name.
  - Prints the seconds of each phase, the number of its tasks and the results that changed something, after the recap.
  - Appends one JSON object a line to a journal, when one is named, as each task begins; after a run that was killed
    its last line says what was under way.
requirements:
  - enabled in C(callbacks_enabled)
options:
  journal:
    description: File the journal is appended to, created with mode 0600. Without it no journal is written.
    type: path
    env:
      - name: METALSTACK_PHASES_JOURNAL
    ini:
      - section: callback_phases
        key: journal
"""

import json
import os
import time
import typing as t

from ansible.plugins.callback import CallbackBase


def phase_of(path: str | None) -> str:
    """Name the phase of the task that stands at C(path), C(<file>:<line>)."""
    if not path:
        return "controller"
    parts = path.rsplit(":", 1)[0].split("/")
    stem = parts[-1].removesuffix(".yml").removesuffix(".yaml")
    if "roles" in parts[:-1]:
        role = parts[len(parts) - 1 - parts[::-1].index("roles") + 1]
        return f"{role}/{stem}"
    return stem


class Phase:
    """Seconds, tasks and changed results of one phase."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.tasks = 0
        self.changed = 0


def table(phases: dict[str, Phase]) -> list[str]:
    """Render the phases, in the order in which they began, as lines of a table."""
    width = max(len(name) for name in phases)
    rows = [f"{'phase':<{width}}  seconds  tasks  changed"]
    rows += [f"{name:<{width}}  {p.seconds:7.1f}  {p.tasks:5d}  {p.changed:7d}" for name, p in phases.items()]
    total = sum(p.seconds for p in phases.values())
    tasks = sum(p.tasks for p in phases.values())
    changed = sum(p.changed for p in phases.values())
    rows.append(f"{'total':<{width}}  {total:7.1f}  {tasks:5d}  {changed:7d}")
    return rows


class CallbackModule(CallbackBase):
    """Keep the phases of one run."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "metalstack.autonomous.phases"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        self.phases: dict[str, Phase] = {}
        self.current: Phase | None = None
        self.since = time.monotonic()

    def _write(self, **record: t.Any) -> None:
        journal = self.get_option("journal")
        if not journal:
            return
        line = json.dumps({"time": round(time.time(), 3), "pid": os.getpid(), **record}) + "\n"
        descriptor = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)

    def _close(self) -> None:
        now = time.monotonic()
        if self.current is not None:
            self.current.seconds += now - self.since
        self.since = now

    def _begin(self, task: t.Any) -> None:
        self._close()
        name = phase_of(task.get_path())
        self.current = self.phases.setdefault(name, Phase())
        self.current.tasks += 1
        self._write(event="task", phase=name, task=task.name or task.action)

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:
        self._begin(task)

    def v2_playbook_on_handler_task_start(self, task: t.Any) -> None:
        self._begin(task)

    def v2_runner_on_ok(self, result: t.Any) -> None:
        if self.current is not None and result._result.get("changed"):
            self.current.changed += 1

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        self._close()
        self._write(event="end", ok=not (stats.failures or stats.dark))
        if self.phases:
            self._display.banner("PHASES")
            for row in table(self.phases):
                self._display.display(row)
