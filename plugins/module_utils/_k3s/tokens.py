# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be said of a token. Pure."""

from __future__ import annotations

import hashlib


def password(text: str) -> str:
    """The secret part of a token, bare or as k3s writes it (K10<hash of the authority>::<user>:<secret>)."""
    return text.strip().rsplit(":", 1)[-1]


def fingerprint(token: str) -> str:
    """The same that tells whether an escrowed copy is the right one; empty for no token."""
    secret = password(token)
    return hashlib.sha256(secret.encode()).hexdigest()[:16] if secret else ""
