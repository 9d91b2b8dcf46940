# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.fetch import (
    Fetcher,
    FetchError,
    default_cache,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.files import ChecksumError
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact.oci import ImageError

display = Display()

MODULE = "metalstack.autonomous.versioned_binary"
SPARE_BYTES = 64 << 20


class ActionModule(ActionBase):
    """Asks the host what it has, and only if it lacks the program fetches, verifies and transfers it."""

    TRANSFERS_FILES = True

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        artifact = arguments.get("artifact")
        if arguments.get("state", "present") != "present" or not artifact:
            return self._call(arguments, task_vars)
        self._check(artifact, arguments)
        fetcher = Fetcher(default_cache(), display.display)
        arguments["artifact"] = _with_known_checksums(artifact, fetcher)
        result = self._call(arguments, task_vars)
        transfer = result.pop("transfer", None)
        if not transfer:
            return result
        try:
            return self._provide(arguments, transfer, fetcher, task_vars)
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)

    def _check(self, artifact, arguments):
        wanted = f"{arguments.get('name')} {arguments.get('version')}"
        described = f"{artifact.get('name')} {artifact.get('version')}"
        if wanted != described:
            raise AnsibleActionFail(f"artifact describes {described}; expected {wanted}")
        if "source" in arguments:
            raise AnsibleActionFail("source is set by this action; give the file in artifact")

    def _provide(self, arguments, transfer, fetcher, task_vars):
        arch = transfer["arch"]
        artifact = arguments["artifact"]
        name, version = artifact["name"], artifact["version"]
        try:
            obtained = fetcher.obtain(name, version, arch, artifact["archs"][arch])
        except (ChecksumError, FetchError, ImageError) as error:
            raise AnsibleActionFail(str(error)) from error
        archs = {**artifact["archs"], arch: {**artifact["archs"][arch], "sha256": obtained.sha256}}
        arguments["artifact"] = {**artifact, "archs": archs}
        if transfer["installed_sha256"] != obtained.sha256 and not self._task.check_mode:
            arguments["source"] = self._send(
                obtained.path, f"{name} {version}", arguments.get("root") or f"/opt/{name}", transfer["free_bytes"]
            )
        return self._call(arguments, task_vars)

    def _send(self, path: Path, label: str, root: str, free: int) -> str:
        size = path.stat().st_size
        if size + SPARE_BYTES > free:
            raise AnsibleActionFail(
                f"no room for {label}: {size >> 20} MiB and {SPARE_BYTES >> 20} MiB to spare are needed, "
                f"{free >> 20} MiB are free for {root} -> free space there"
            )
        directory = self._connection._shell.tmpdir or self._make_tmp_path()
        target = self._connection._shell.join_path(directory, "binary")
        try:
            self._transfer_file(str(path), target)
            self._fixup_perms2((directory, target))
        except AnsibleError as error:
            raise AnsibleActionFail(f"transfer of {label} ({size >> 20} MiB) failed: {error}") from error
        return target

    def _call(self, arguments, task_vars):
        return self._execute_module(MODULE, module_args=arguments, task_vars=task_vars)


def _with_known_checksums(artifact, fetcher):
    archs = {
        arch: {**described, "sha256": fetcher.known_sha256(artifact["name"], artifact["version"], arch, described)}
        for arch, described in artifact["archs"].items()
    }
    return {**artifact, "archs": archs}
