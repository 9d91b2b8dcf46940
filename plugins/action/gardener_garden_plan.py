# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.metalstack.autonomous.plugins.plugin_utils._gardener.patience import GardenAction


class ActionModule(GardenAction):
    """Refuses a garden that cannot be, and waits for what is under way before a new minor version."""

    MODULE, SECONDS = "metalstack.autonomous.gardener_garden_plan", 1800
