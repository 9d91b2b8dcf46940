# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom the clients of this collection believe: the same servers as curl and programs in Go, on every Python."""

from __future__ import annotations

import ssl


def context(cafile: str | None = None, cadata: str | None = None) -> ssl.SSLContext:
    """Return Python's default context for clients, with the system's authorities unless some are given.

    From 3.13 on Python's default (VERIFY_X509_STRICT) refuses authorities and certificates that lack what RFC 5280 asks
    of whoever issues them, such as key identifiers, which many that operators have made by hand do. Raises OSError, of
    which ssl.SSLError is one, where the authorities cannot be read.
    """
    made = ssl.create_default_context(cafile=cafile, cadata=cadata)
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return made
