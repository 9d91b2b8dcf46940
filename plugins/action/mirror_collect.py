# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.utils.display import Display
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror import collect
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.debian import KEYRING, Archive
from ansible_collections.metalstack.autonomous.plugins.module_utils._mirror.trust import UNSIGNED
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._mirror.action import MirrorAction, told

display = Display()

TEXTS: dict[str, t.Any] = {"type": "list", "elements": "str"}


class ActionModule(MirrorAction):
    """Collect a mirror on this machine, and tell how far that is."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {
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
        "requirements": {"type": "list", "elements": "path", "default": []},
        "files": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "name": {"type": "str", "required": True},
                "sha256": {"type": "str", "required": True},
                "url": {"type": "str", "default": ""},
                "src": {"type": "path", "default": ""},
            },
        },
        "key": {"type": "path"},
        "prune": {"type": "bool", "default": False},
    }

    def act(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        directory, key = Path(options["path"]).absolute(), options["key"]
        found = collect.run(
            wanted(options), directory, display.display, key=Path(key) if key else None,
            prune=options["prune"], dry=self._task.check_mode,
        )  # fmt: skip
        return told(found, *([] if key else [UNSIGNED]))


def wanted(options: t.Mapping[str, t.Any]) -> collect.Wanted:
    """What the options ask for."""
    archs = tuple(options["architectures"])
    uris = {name: options[f"debian_{name}"] for name in ("uri", "security_uri", "keyring")}
    packages = tuple(sorted(set(options["debian_packages"])))
    debian = [Archive(release, arch, packages, **uris) for release in options["debian_releases"] for arch in archs]
    lists = ("artifacts", "airgap_images", "images", "requirements", "files")
    artifacts, archives, images, requirements, files = (tuple(options[name]) for name in lists)
    return collect.Wanted(archs, artifacts, archives, tuple(debian) if packages else (), images, requirements, files)
