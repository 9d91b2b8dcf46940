# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import tarfile
import tempfile
import typing as t
from dataclasses import asdict
from pathlib import Path

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import tree, trust
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.manifest import Entry

display = Display()

MODULE = "metalstack.autonomous.offline_packages"
# What an interruption loses at most, and how often a run says how far it is.
BATCH_BYTES = 32 << 20
SPARE_BYTES = 256 << 20


class ActionModule(ActionBase):
    """Asks the host what it lacks of the mirror, and verifies and transfers that."""

    TRANSFERS_FILES = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        if taken := [name for name in ("files", "archive") if name in arguments]:
            raise AnsibleActionFail(f"{taken[0]} is set by this action; name the directory in mirror")
        if arguments.get("state", "present") != "present" or not arguments.get("mirror"):
            return self._execute_module(MODULE, module_args=arguments, task_vars=task_vars)
        mirror = Path(arguments["mirror"])
        try:
            manifest, _signer = trust.trusted(mirror, arguments.get("signers") or [])
            entries = {entry.path: entry for entry in manifest.of_kind("index", "package")}
            arguments["files"] = [asdict(entry) for entry in entries.values()]
            result = self._execute_module(MODULE, module_args=arguments, task_vars=task_vars)
            transfer = result.pop("transfer", None)
            if not transfer:
                return result
            lacking = [entries[path] for path in transfer["paths"]]
            return self._provide(arguments, mirror, lacking, transfer["free_bytes"], task_vars)
        except MirrorError as error:
            raise AnsibleActionFail(str(error)) from error
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)

    def _provide(
        self, arguments: dict[str, t.Any], mirror: Path, lacking: list[Entry], free: int, task_vars: t.Any
    ) -> dict[str, t.Any]:
        total = sum(entry.bytes for entry in lacking)
        # apt unpacks what is installed of it beside it.
        if total + SPARE_BYTES > free:
            raise AnsibleActionFail(
                f"no room for the packages: {total >> 20} MiB and {SPARE_BYTES >> 20} MiB to spare are needed,"
                f" {free >> 20} MiB are free -> free space there"
            )
        done = 0
        for batch in batches(lacking):
            display.display(f"{task_vars['inventory_hostname']}: {done >> 20} of {total >> 20} MiB of packages")
            sent = {**arguments, "archive": self._send(mirror, batch), "files": [asdict(entry) for entry in batch]}
            answer = self._execute_module(MODULE, module_args=sent, task_vars=task_vars)
            if answer.get("failed"):
                return answer
            done += sum(entry.bytes for entry in batch)
        result = self._execute_module(MODULE, module_args=arguments, task_vars=task_vars)
        if left := result.pop("transfer", None):
            raise AnsibleActionFail(
                f"{', '.join(left['paths'][:5])} went from the host while it was used; run this again"
            )
        if result.get("failed"):
            return result
        brought = [entry.path for entry in lacking]
        before = {"header": "brought", "before": "", "after": "".join(f"{path}\n" for path in brought)}
        return {**result, "changed": True, "brought": brought, "diff": [before, *result.get("diff", [])]}

    def _send(self, mirror: Path, batch: list[Entry]) -> str:
        directory = self._connection._shell.tmpdir or self._make_tmp_path()
        target = self._connection._shell.join_path(directory, "packages.tar")
        with tempfile.NamedTemporaryFile(prefix="mirror-", suffix=".tar") as packed:
            with tarfile.open(packed.name, "w", format=tarfile.PAX_FORMAT) as tar:
                for entry in batch:
                    if what := tree.fault(mirror, entry):
                        raise MirrorError(f"{mirror}/{entry.path} is {what}: collect or import the mirror again")
                    tar.add(mirror / entry.path, entry.path)
            try:
                self._transfer_file(packed.name, target)
                self._fixup_perms2((directory, target))
            except AnsibleError as error:
                raise AnsibleActionFail(f"the transfer of packages failed: {error}") from error
        return str(target)


def batches(entries: t.Iterable[Entry], most: int = BATCH_BYTES) -> t.Iterator[list[Entry]]:
    """Files in an order in which indices come last, as many at a time as are about so large."""
    batch: list[Entry] = []
    for entry in sorted(entries, key=lambda entry: (entry.kind == "index", entry.path.endswith("InRelease"))):
        batch.append(entry)
        if sum(one.bytes for one in batch) >= most:
            yield batch
            batch = []
    if batch:
        yield batch
