# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a site may have otherwise in a file of rules, which is a good one as it is. Pure."""

from __future__ import annotations

import re

FOR = re.compile(r"^(\s+for: )(\d+)([smhd])$", re.MULTILINE)
RUNBOOK = re.compile(r"^(\s+runbook: )(?=docs/)", re.MULTILINE)
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def adapt(text: str, scale: float, runbooks: str) -> str:
    """scale: what an alert's patience is multiplied with; runbooks: what comes before the path of a runbook."""

    def patience(found: re.Match[str]) -> str:
        if scale == 1:
            return found[0]
        return f"{found[1]}{max(1, round(int(found[2]) * UNITS[found[3]] * scale))}s"

    return RUNBOOK.sub(lambda found: found[1] + runbooks, FOR.sub(patience, text))
