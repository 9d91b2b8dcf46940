# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: run_report
type: aggregate
short_description: Time each phase of a run, keep a journal of what was under way and a report of how it went
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - A phase is a role's task file (C(k3s_cluster/install)) or, for tasks of a playbook, the playbook's own name.
  - Prints the seconds of each phase, the number of its tasks and the results that changed something, after the recap.
  - Appends one JSON object a line to a journal, when one is named, as each task begins; after a run that was killed
    its last line says what was under way.
  - Leaves a report of each run, when a directory for them is named, as one JSON object. It holds C(playbook), C(check),
    C(began) and C(ended) (UTC), C(seconds), C(ok), what Ansible counts of each of the C(hosts), the C(phases) in their
    order with their C(seconds), C(tasks) and C(changed), and as C(facts) what the run has told with
    M(ansible.builtin.set_stats), such as what was restored.
requirements:
  - enabled in C(callbacks_enabled)
options:
  journal:
    description: File the journal is appended to, created with mode 0600. Without it no journal is written.
    type: path
    env:
      - name: METALSTACK_RUN_JOURNAL
    ini:
      - section: callback_run_report
        key: journal
  reports:
    description:
      - Directory for the reports, made with mode 0700. A report has the name C(<UTC time>-<playbook>.json) and mode
        0600. Without it no report is left.
    type: path
    env:
      - name: METALSTACK_REPORTS
    ini:
      - section: callback_run_report
        key: reports
"""

import datetime
import json
import os
import time
import typing as t

from ansible import context
from ansible.plugins.callback import CallbackBase
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._run.phase import phase_of


class Phase:
    """Seconds, tasks and changed results of one phase."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.tasks = 0
        self.changed = 0

    def row(self) -> dict[str, float]:
        return {"seconds": round(self.seconds, 1), "tasks": self.tasks, "changed": self.changed}


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
    CALLBACK_NAME = "metalstack.autonomous.run_report"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().__init__(*args, **kwargs)
        self.phases: dict[str, Phase] = {}
        self.current: Phase | None = None
        self.since = time.monotonic()
        self.began = datetime.datetime.now(datetime.UTC)
        self.playbook = ""

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

    def _report(self, stats: t.Any) -> None:
        directory = self.get_option("reports")
        if not directory or not self.playbook:
            return
        ended = datetime.datetime.now(datetime.UTC)
        report = {
            "playbook": self.playbook,
            "check": bool(context.CLIARGS.get("check")),
            "began": self.began.isoformat(timespec="seconds"),
            "ended": ended.isoformat(timespec="seconds"),
            "seconds": round((ended - self.began).total_seconds(), 1),
            "ok": not (stats.failures or stats.dark),
            "hosts": {host: stats.summarize(host) for host in sorted(stats.processed)},
            "phases": [{"phase": name, **phase.row()} for name, phase in self.phases.items()],
            "facts": stats.custom.get("_run", {}),
        }
        os.makedirs(directory, mode=0o700, exist_ok=True)
        # Two runs of one second keep both their reports.
        file = os.path.join(directory, f"{self.began:%Y%m%dT%H%M%S.%fZ}-{self.playbook}.json")
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
            json.dump(report, stream, indent=2)
            stream.write("\n")
        self._display.display(f"report: {file}")

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

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        self.playbook = phase_of(playbook._file_name)

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
        self._report(stats)
