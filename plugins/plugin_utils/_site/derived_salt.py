# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A salt that comes from the secret, so that it has the same hash each time and a second run changes nothing."""

from __future__ import annotations

import hashlib

from ansible.errors import AnsibleFilterError

# of random letters and digits: 128 bits, which nobody guesses, salted or not
SHORTEST = 22


def derived_salt(purpose: str, what: str, secret: str) -> bytes:
    """16 octets. what: the secret's name in the error where it could be guessed."""
    if len(secret) < SHORTEST:
        raise AnsibleFilterError(f"{what} has {len(secret)} characters, expected at least {SHORTEST} random ones")
    return hashlib.sha256(f"{purpose} {secret}".encode()).digest()[:16]
