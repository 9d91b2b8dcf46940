# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why it is not known what a database of metal-stack has."""

from __future__ import annotations


class DatabaseError(Exception):
    """It could not be found out. The text tells what was expected, what was found and what to do."""


class Waits(DatabaseError):
    """The database waits for its data, or for a restore to be confirmed, and is left alone. The text tells for what."""


class NotRunning(DatabaseError):
    """The database does not answer: it is not there, is starting, or loads its data. The text tells which."""
