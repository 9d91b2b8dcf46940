# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users of a host to whom what is restored belongs."""

from __future__ import annotations

import pwd

from .errors import BackupError


def require(name: str, remedy: str) -> pwd.struct_passwd:
    """The user of this name. Raises BackupError, with what brings it, where there is none."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        raise BackupError(f"there is no user {name} on this host -> {remedy}") from None
