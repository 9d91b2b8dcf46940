# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong with a control plane."""

from __future__ import annotations


class StackError(Exception):
    """What is not done, with the reason and the way out."""


def refuse(problems: list[str]) -> None:
    """Raise StackError with all of them, if there are any."""
    if problems:
        raise StackError(f"{'; '.join(problems)}. Nothing was changed.")
