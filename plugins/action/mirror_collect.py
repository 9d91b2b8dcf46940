# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import collect
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.debian import KEYRING, Archive
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.errors import MirrorError
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.store import Result
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.trust import UNSIGNED

display = Display()

TEXTS: dict[str, t.Any] = {"type": "list", "elements": "str"}
OPTIONS: dict[str, t.Any] = {
    "path": {"type": "path", "required": True},
    "architectures": {**TEXTS, "choices": list(collect.ARCHS), "default": ["amd64"]},
    "artifacts": {"type": "list", "elements": "dict", "default": []},
    "airgap_images": {"type": "list", "elements": "dict", "default": []},
    "images": {**TEXTS, "default": []},
    "debian_releases": {**TEXTS, "default": []},
    "debian_packages": {**TEXTS, "default": []},
    "debian_uri": {"type": "str", "default": ""},
    "debian_security_uri": {"type": "str", "default": ""},
    "debian_keyring": {"type": "path", "default": KEYRING},
    "key": {"type": "path"},
    "prune": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    """Collect a mirror on this machine, and tell how far that is."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result = super().run(tmp, task_vars)
        _spec, options = self.validate_argument_spec(OPTIONS)
        directory, key = Path(options["path"]).absolute(), options["key"]
        try:
            found = collect.run(
                wanted(options), directory, display.display, key=Path(key) if key else None,
                prune=options["prune"], dry=self._task.check_mode,
            )  # fmt: skip
        except (MirrorError, OSError) as error:
            raise AnsibleActionFail(str(error)) from error
        if not key:
            result.setdefault("warnings", []).append(UNSIGNED)
        if found.foreign:
            result.setdefault("warnings", []).append(foreign(found))
        return {**result, **told(found)}


def wanted(options: t.Mapping[str, t.Any]) -> collect.Wanted:
    """What the options ask for."""
    archs = tuple(options["architectures"])
    uris = {name: options[f"debian_{name}"] for name in ("uri", "security_uri", "keyring")}
    packages = tuple(sorted(set(options["debian_packages"])))
    debian = [Archive(release, arch, packages, **uris) for release in options["debian_releases"] for arch in archs]
    artifacts, archives, images = (tuple(options[name]) for name in ("artifacts", "airgap_images", "images"))
    return collect.Wanted(archs, artifacts, archives, tuple(debian) if packages else (), images)


def foreign(found: Result) -> str:
    return (
        f"{', '.join(found.foreign[:5])}: {len(found.foreign)} files that are not the mirror's, so that it does not"
        " verify: mirror_prune=true removes those that a collection has left, remove the others yourself"
    )


def told(found: Result) -> dict[str, t.Any]:
    """As the module returns it."""
    lists = {name: getattr(found, name) for name in ("added", "replaced", "removed", "idle", "foreign")}
    before = "".join(f"{path}\n" for path in [*found.replaced, *found.removed])
    after = "".join(f"{path}\n" for path in [*found.replaced, *found.added])
    return {"changed": found.changed, "signed": found.signed, **lists, "diff": {"before": before, "after": after}}
