# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong with an object of a garden."""

from __future__ import annotations

import typing as t


class GardenError(Exception):
    """What is not done, with what was found and the way out. result: what is told besides."""

    def __init__(self, text: str, result: t.Mapping[str, t.Any] | None = None) -> None:
        super().__init__(text)
        self.result = dict(result or {})
