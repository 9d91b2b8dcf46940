# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.metalstack.autonomous.plugins.plugin_utils._program.action import ProgramAction


class ActionModule(ProgramAction):
    """Install what the timer of certificates runs."""

    MAIN = "_acme.program"
    PACKAGES = ("_acme", "_certificates", "_k3s", "_metrics")
