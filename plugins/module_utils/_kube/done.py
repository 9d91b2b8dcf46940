# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a command in a container has answered. Pure."""

from __future__ import annotations

import typing as t


class Done(t.NamedTuple):
    """A command that has ended by itself in a container."""

    code: int
    output: str
    errors: str
