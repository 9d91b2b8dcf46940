# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.plugin_utils._gardener.patience import LandscapeAction


class ActionModule(LandscapeAction):
    """Has credentials as they are described, or no more."""

    MODULE = "metalstack.autonomous.gardener_credentials"
    KIND = "CredentialsBinding"
    SECONDS = 300

    def subject(self, arguments: dict[str, t.Any]) -> str:
        return f"{self.KIND} {arguments['namespace']}/{arguments['name']}"
