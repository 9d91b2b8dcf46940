# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether what a restore has brought back can have been in use. Pure.

That a database does not answer now does not tell whether something was written to it before. What lies in its data
directory may.
"""

from __future__ import annotations

import typing as t

from . import prefixes

# PostgreSQL writes it whenever it starts there (Database File Layout), after it has found pg_control, which a base
# backup has as its last file; and no base backup has it (BASE_BACKUP of the replication protocol).
_STARTED = "postmaster.opts"


def unused(engine: str, names: t.Collection[str] | None) -> bool:
    """Whether no database can have run on what is there. names: in its data directory, None where nobody sees them.

    A sidecar lets the database start where the directory has anything, and only PostgreSQL leaves a sign of that.
    """
    if names is None:
        return False
    return not names or (engine == prefixes.POSTGRES and _STARTED not in names)
