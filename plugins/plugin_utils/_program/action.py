# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts a packed program on a host."""

from __future__ import annotations

import tempfile
import typing as t

from ansible.plugins.action import ActionBase

from .pack import pack


class ProgramAction(ActionBase):
    """Install what the timers of a host run: the collection's own code, as one file."""

    TRANSFERS_FILES = True

    # The module of module_utils whose main() it runs, and the packages that it needs.
    MAIN: str
    PACKAGES: tuple[str, ...]

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec({"path": {"type": "path", "required": True}})
        with tempfile.NamedTemporaryFile(prefix="metalstack-program-") as file:
            file.write(pack(self.MAIN, self.PACKAGES))
            file.flush()
            task = self._task.copy()
            task.diff = False
            task.args = {"src": file.name, "dest": options["path"], "mode": "0755"}
            copy = self._shared_loader_obj.action_loader.get(
                "ansible.builtin.copy", task=task, connection=self._connection, play_context=self._play_context,
                loader=self._loader, templar=self._templar, shared_loader_obj=self._shared_loader_obj,
            )  # fmt: skip
            copied = copy.run(task_vars=task_vars)
        copied.pop("src", None)
        return {**result, **copied}
