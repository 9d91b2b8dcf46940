# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong with a release."""

from __future__ import annotations

import typing as t


class ReleaseError(Exception):
    """A release that can't be taken; the message says what was expected, what was found and what to do."""


def refuse(problems: t.Sequence[str]) -> None:
    """Raise all problems at once, if there are any."""
    if problems:
        raise ReleaseError("; ".join(problems))
