# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import datetime
import getpass
import multiprocessing
import os
import socket
import typing as t

from ansible import context
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import lock


class ActionModule(ActionBase):
    """Say who runs the playbook, and judge on the controller whether another owner still lives."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        options = dict(self._task.args)
        ours = _ourselves(str(options.get("site", "")))
        if not ours["start"]:
            raise AnsibleActionFail("the run that this task belongs to has ended: it takes no lock any more")
        result.update(self._module({**options, "owner": ours}, task_vars))
        holder = result.get("holder")
        if result.get("failed") or options.get("state") == "absent" or holder is None or lock.same_run(holder, ours):
            return result
        gone = lock.is_dead(holder, ours, _start_of(holder.get("pid")))
        if gone or self._wanted(options.get("takeover")):
            result.update(self._module({**options, "owner": ours, "instead_of": holder}, task_vars))
            result["taken_over_from"] = lock.describe(holder, _now())
            reason = "that run has ended and let nothing go" if gone else "as was asked for"
            self._display.warning(f"The lock of {result['taken_over_from']} is taken over: {reason}.")
        now = result.get("holder")
        if now and not lock.same_run(now, ours) and not (self._task.check_mode and "taken_over_from" in result):
            result.update(failed=True, msg=lock.refusal((task_vars or {})["inventory_hostname"], now, _now()))
        return result

    def _module(self, options: dict[str, t.Any], task_vars: dict[str, t.Any] | None) -> dict[str, t.Any]:
        return self._execute_module(
            module_name="metalstack.autonomous.run_lock", module_args=options, task_vars=task_vars
        )

    @staticmethod
    def _wanted(takeover: t.Any) -> bool:
        return str(takeover).lower() in ("true", "yes", "1")


def _ourselves(site: str) -> dict[str, t.Any]:
    run = _run()
    return {
        "site": site,
        "playbook": " ".join(context.CLIARGS.get("args") or ()),
        "controller": socket.gethostname(),
        "machine": _machine(),
        "user": _user(),
        "pid": run,
        "start": _start_of(run),
        "since": _now().isoformat(timespec="seconds"),
    }


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _run() -> int:
    """Return the process that lives as long as the run, which forked the one that this task runs in.

    As it was at the fork: a run that was killed leaves tasks behind, whose parent is then another process.
    """
    parent = multiprocessing.parent_process()
    return os.getpid() if parent is None else int(parent.pid or 0)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _machine() -> str:
    """Name the set of processes that a process number is unique in: a machine, or a container on it."""
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""
    return " ".join([_read("/etc/machine-id"), socket.gethostname(), namespace])


def _start_of(pid: t.Any) -> str:
    if not os.path.isdir("/proc/self"):
        return "unknown"
    return lock.start_of(_read(f"/proc/{pid}/stat"), _read("/proc/sys/kernel/random/boot_id"))


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read().strip()
    except OSError:
        return ""
