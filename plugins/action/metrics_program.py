# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.metalstack.autonomous.plugins.plugin_utils._program.action import ProgramAction


class ActionModule(ProgramAction):
    """Install what the timers of metrics run."""

    MAIN = "_metrics.program"
    PACKAGES = (
        "_metrics",
        "_backup",
        "_debian",
        "_k3s",
        "_kube",
        "_metal_databases",
        "_net",
        "_pdns",
        "_site",
        "_time",
    )
