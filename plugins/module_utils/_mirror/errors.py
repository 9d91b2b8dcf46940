# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong with a mirror."""

from __future__ import annotations


class MirrorError(Exception):
    """A mirror that can't be collected or believed; the message says what was expected, what was found, what to do."""
