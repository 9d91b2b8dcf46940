# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.metalstack.autonomous.plugins.plugin_utils._gardener.patience import LandscapeAction


class ActionModule(LandscapeAction):
    """Has a CloudProfile as it is described, or no more."""

    MODULE = "metalstack.autonomous.gardener_cloud_profile"
    KIND = "CloudProfile"
    SECONDS = 300
