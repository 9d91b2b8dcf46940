# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong with a backup, in words for whoever has to mend it."""

from __future__ import annotations


class BackupError(Exception):
    """Nothing was lost and nothing was half done; the text says what was found, what was expected and what helps."""


class Damaged(BackupError):
    """What is in the storage was read, and is not what was put there: no other cause would have the same sign.

    level: how closely one has to look to see it; its checksums tell of most damage.
    """

    level = 1


class Missing(BackupError):
    """What runs lacks something that the set held. Somebody may know what and why, and go on without it."""


class Nothing(BackupError):
    """There is no set of a component, nor anything on this host to make one of."""


class Unreachable(BackupError):
    """The object storage gave no answer, or none that can be used: down, wrong key, wrong CA."""
