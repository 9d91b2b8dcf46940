# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import tree, trust
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError

display = Display()

OPTIONS: dict[str, t.Any] = {
    "path": {"type": "path", "required": True},
    "signers": {"type": "list", "elements": "str", "default": []},
}


class ActionModule(ActionBase):
    """Read every byte of a mirror, and name each file that is not as its manifest has it."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec(OPTIONS)
        directory = Path(options["path"]).absolute()
        try:
            manifest, signer = trust.trusted(directory, options["signers"])
            found = tree.faults(directory, manifest, display.display)
        except (MirrorError, OSError) as error:
            raise AnsibleActionFail(str(error)) from error
        if not signer:
            result.setdefault("warnings", []).append(trust.UNSIGNED)
        result.update(
            changed=False,
            failed=bool(found),
            faults=[one._asdict() for one in found],
            signer=signer,
            files=len(manifest.entries),
            bytes=manifest.bytes,
            collected_for=dict(manifest.collected_for),
        )
        if found:
            result["msg"] = f"{directory}: {tree.listed(found)}. Collect or import it again, which mends what is wrong"
        return result
