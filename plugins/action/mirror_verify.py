# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.utils.display import Display
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import tree, trust
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._mirror.action import MirrorAction

display = Display()


class ActionModule(MirrorAction):
    """Read every byte of a mirror, and name each file that is not as its manifest has it."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
        "path": {"type": "path", "required": True},
        "signers": {"type": "list", "elements": "str", "default": []},
    }

    def act(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        directory = Path(options["path"]).absolute()
        manifest, signer = trust.trusted(directory, options["signers"])
        found = tree.faults(directory, manifest, display.display)
        wrong = f"{directory}: {tree.listed(found)}. Collect or import it again, which mends what is wrong"
        return {
            "changed": False,
            "failed": bool(found),
            "faults": [one._asdict() for one in found],
            "signer": signer,
            "files": len(manifest.entries),
            "bytes": manifest.bytes,
            "collected_for": dict(manifest.collected_for),
            "warnings": [] if signer else [trust.UNSIGNED],
            **({"msg": wrong} if found else {}),
        }
