# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules are given that use the account which may remove backups. Private to this collection."""

from __future__ import annotations

import typing as t

from .retention import FLOOR, Policy

SECRET = {"type": "str", "required": True, "no_log": True}
ACCOUNT = {"access_key": SECRET, "secret_key": SECRET}
# As the documentation fragment backup_pruner has them.
ARGUMENTS: dict[str, t.Any] = {
    **ACCOUNT,
    "set_components": {"type": "list", "elements": "str", "default": []},
    **{name: {"type": "int", "default": least} for name, least in FLOOR.items()},
}


def policy(given: t.Mapping[str, t.Any]) -> Policy:
    """How long sets stay, by the parameters of a module."""
    return Policy(**{name: given[name] for name in FLOOR})
