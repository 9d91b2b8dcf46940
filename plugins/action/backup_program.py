# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io
import pathlib
import tempfile
import typing as t
import zipfile

from ansible.plugins.action import ActionBase

UTILS = pathlib.Path(__file__).resolve().parent.parent / "module_utils"
PACKAGES = ("_backup", "_k3s")
MAIN = "import sys\n\nfrom metalstack._backup.program import main\n\nsys.exit(main())\n"
EPOCH = (1980, 1, 1, 0, 0, 0)


def pack(utils: pathlib.Path = UTILS) -> bytes:
    """The packages as one file that Python runs; the same sources always give the same bytes."""
    sources = {"__main__.py": MAIN, "metalstack/__init__.py": ""}
    for package in PACKAGES:
        for path in sorted((utils / package).glob("*.py")):
            sources[f"metalstack/{package}/{path.name}"] = path.read_text(encoding="utf-8")
    packed = io.BytesIO()
    packed.write(b"#!/usr/bin/env -S python3 -I\n")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(sources.items()):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


class ActionModule(ActionBase):
    """Install what the timers of a host run: the collection's own code, as one file."""

    TRANSFERS_FILES = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec({"path": {"type": "path", "required": True}})
        with tempfile.NamedTemporaryFile(prefix="metalstack-backup-") as file:
            file.write(pack())
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
