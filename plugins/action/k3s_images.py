# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact import files

MODULE = "metalstack.autonomous.k3s_images"


class ActionModule(ActionBase):
    """Verifies all archives, then transfers them beside each other and lets the module put them in place."""

    TRANSFERS_FILES = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        images = arguments.get("images") or []
        if "transferred" in arguments:
            raise AnsibleActionFail("transferred is set by this action; give the archives in images")
        for image in images:
            verify(Path(image["src"]), image["sha256"])
        try:
            if images and not self._task.check_mode:
                arguments["transferred"] = {image["sha256"]: self._send(image) for image in images}
            return self._execute_module(MODULE, module_args=arguments, task_vars=task_vars)
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)

    def _send(self, image: dict[str, str]) -> str:
        directory = self._connection._shell.tmpdir or self._make_tmp_path()
        target = self._connection._shell.join_path(directory, image["sha256"])
        self._transfer_file(image["src"], target)
        self._fixup_perms2((directory, target))
        return str(target)


def verify(path: Path, sha256: str) -> None:
    try:
        files.require_sha256(path, sha256, str(path))
    except (files.ChecksumError, OSError) as error:
        raise AnsibleActionFail(f"no image is brought to any host: {error}") from error
