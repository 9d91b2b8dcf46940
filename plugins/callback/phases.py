# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: phases
type: stdout
short_description: Show a long run by its phases, and what it waits for
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - A phase is a role's task file (C(k3s_cluster/install)) or, for tasks of a playbook, the playbook's own name. Its
    line tells the minutes and seconds since the run began.
  - Below it are those tasks alone that changed something, that failed or that have something to say, each as Ansible's
    own output has it, with its diff. An error is never left out. With C(-v) all tasks are shown.
  - While a task takes long it is said every O(news) seconds which hosts it waits for and, where the task has a bound,
    for how long or how often at most.
  - In a job of GitLab each phase is a section of the log, which can be folded.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
requirements:
  - set as C(stdout_callback)
options:
  news:
    description: Seconds after which it is said what a task waits for; V(0) for never.
    type: float
    default: 15
    env:
      - name: METALSTACK_PHASES_NEWS
    ini:
      - section: callback_phases
        key: news
  sections:
    description: Whether each phase is a section of a GitLab log.
    type: bool
    default: false
    env:
      - name: GITLAB_CI
seealso:
  - plugin: metalstack.autonomous.run_report
    plugin_type: callback
    description: Times each phase, and keeps a report of the run.
"""

import contextlib
import threading
import time
import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.callback.default import CallbackModule as Default
from ansible.template import Templar
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._run.phase import (
    at_most,
    clock,
    phase_of,
    section,
    still,
)

# What they return is what they are for.
TELLING = {"debug", "ansible.builtin.debug"}


# What Ansible does without C(retries), beside the first attempt.
USUAL_RETRIES = 3


def bound(task: t.Any, said: t.Callable[[t.Any], t.Any]) -> str:
    """How long or how often a task is done at most, as far as it says so; C(said) makes a value of what it says."""
    if task.until or task.retries is not None:
        return at_most(0, 1 + _number(USUAL_RETRIES if task.retries is None else said(task.retries)))
    given = task.args.get("timeout") if isinstance(task.args, dict) else None
    return at_most(
        next((found for one in (task.timeout, task.async_val, given) if (found := _number(said(one)))), 0), 0
    )


def _number(value: t.Any) -> int:
    return int(value) if str(value or "").isdigit() else 0


class CallbackModule(Default):
    """Show one run."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "metalstack.autonomous.phases"

    def __init__(self) -> None:
        super().__init__()
        self.began = time.monotonic()
        self.phase = ""
        self.sections = 0
        self.task = ""
        self.task_began = self.began
        # Nobody has looked yet.
        self.task_bound: str | None = None
        self.waiting: set[str] = set()
        self.ended = threading.Event()

    def set_options(self, *args: t.Any, **kwargs: t.Any) -> None:
        super().set_options(*args, **kwargs)
        shown = self._display.verbosity > 0
        for option in ("display_ok_hosts", "display_skipped_hosts"):
            self.set_option(option, shown)

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        super().v2_playbook_on_start(playbook)
        if self.get_option("news"):
            threading.Thread(target=self._tell_news, args=(self.get_option("news"),), daemon=True).start()

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        self.ended.set()
        self._close()
        super().v2_playbook_on_stats(stats)

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        """The phases say as much."""
        self._play = play

    def v2_playbook_on_include(self, included_file: t.Any) -> None:
        if self._display.verbosity > 0:
            super().v2_playbook_on_include(included_file)

    def _task_start(self, task: t.Any, prefix: str | None = None) -> None:
        self.waiting.clear()
        self._enter(phase_of(task.get_path()))
        self.task, self.task_began, self.task_bound = task.get_name().strip(), time.monotonic(), None
        super()._task_start(task, prefix)

    def _enter(self, phase: str) -> None:
        if phase == self.phase:
            return
        self._close()
        self.phase = phase
        self.sections += 1
        heading = f"{clock(time.monotonic() - self.began)}  {phase}"
        if self.get_option("sections"):
            heading = self._mark("start", section(self.sections, phase)) + heading
        self._display.display(heading)

    def _close(self) -> None:
        if self.phase and self.get_option("sections"):
            self._display.display(self._mark("end", section(self.sections, self.phase)))

    @staticmethod
    def _mark(edge: str, key: str) -> str:
        """As GitLab's documentation of job logs has it; a terminal shows nothing of it."""
        return f"\x1b[0Ksection_{edge}:{int(time.time())}:{key}\r\x1b[0K"

    def _tell_news(self, every: float) -> None:
        while not self.ended.wait(every):
            now, hosts = time.monotonic(), set(self.waiting)
            if hosts and now - self.task_began >= every:
                waited = now - self.task_began
                self._display.display(still(now - self.began, self.task, hosts, waited, self.task_bound or ""))

    def v2_runner_on_start(self, host: t.Any, task: t.Any) -> None:
        self.waiting.add(host.get_name())
        if self.task_bound is None and self.get_option("news"):
            self.task_bound = self._bound(host, task)
        super().v2_runner_on_start(host, task)

    def _bound(self, host: t.Any, task: t.Any) -> str:
        """What the first host finds that has the task; what it says may be a template."""

        def said(value: t.Any) -> t.Any:
            if not isinstance(value, str) or value.isdigit():
                return value
            variables = self._play.get_variable_manager().get_vars(play=self._play, host=host, task=task)
            return Templar(loader=task.get_loader(), variables=variables).template(value)

        try:
            return bound(task, said)
        except AnsibleError:
            # Such as one of an item. The task itself says what is wrong with it.
            return ""

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self.waiting.discard(result._host.get_name())
        with self._shown(result):
            super().v2_runner_on_ok(result)

    def v2_runner_item_on_ok(self, result: t.Any) -> None:
        with self._shown(result):
            super().v2_runner_item_on_ok(result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self.waiting.discard(result._host.get_name())
        super().v2_runner_on_failed(result, ignore_errors)

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        self.waiting.discard(result._host.get_name())
        super().v2_runner_on_skipped(result)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self.waiting.discard(result._host.get_name())
        super().v2_runner_on_unreachable(result)

    @contextlib.contextmanager
    def _shown(self, result: t.Any) -> t.Iterator[None]:
        """Have a result shown that changed nothing, where it has something to say."""
        option = "display_ok_hosts"
        before = self.get_option(option)
        if result._task.action in TELLING or result._result.get("warnings"):
            self.set_option(option, True)
        try:
            yield
        finally:
            self.set_option(option, before)
