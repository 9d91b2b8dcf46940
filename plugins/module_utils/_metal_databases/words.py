# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sidecar has said before it ended. Pure.

It writes a line of JSON for each event (Go's C(slog)), and in the end the error once more.
"""

from __future__ import annotations

import json

_LONGEST = 300


def last(log: str) -> str:
    """The last line that tells of an error, in one line; empty where none does."""
    told = [line for line in log.splitlines() if "error" in line.lower()]
    return _line(told[-1])[:_LONGEST] if told else ""


def _line(text: str) -> str:
    try:
        event = json.loads(text)
        return f"{event['msg']}: {event['error']}"
    except (ValueError, KeyError, TypeError):
        return text.strip()
