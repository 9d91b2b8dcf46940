# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions for a mirror have in common: they run on the controller, and tell of files."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.store import Result


class MirrorAction(ActionBase):
    """An action whose C(act) raises MirrorError where something is not done."""

    TRANSFERS_FILES = False
    _requires_connection = False
    OPTIONS: t.ClassVar[dict[str, t.Any]]

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec(self.OPTIONS)
        try:
            return {**result, **self.act(options)}
        except (MirrorError, OSError) as error:
            raise AnsibleActionFail(str(error)) from error

    def act(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """Do it, and return what the task returns."""
        raise NotImplementedError


def told(found: Result, *warnings: str) -> dict[str, t.Any]:
    """What became of a mirror's files, as a module returns it."""
    lists = {name: getattr(found, name) for name in ("added", "replaced", "removed", "idle", "foreign")}
    before = "".join(f"{path}\n" for path in [*found.replaced, *found.removed])
    after = "".join(f"{path}\n" for path in [*found.replaced, *found.added])
    return {
        "changed": found.changed,
        "signed": found.signed,
        **lists,
        "diff": {"before": before, "after": after},
        "warnings": [*warnings, *([_foreign(found)] if found.foreign else [])],
    }


def _foreign(found: Result) -> str:
    return (
        f"{', '.join(found.foreign[:5])}: {len(found.foreign)} files that are not the mirror's, so that it does not"
        " verify: mirror_prune=true removes those that a collection has left, remove the others yourself"
    )
