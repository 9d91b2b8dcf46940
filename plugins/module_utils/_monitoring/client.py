# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a program of monitoring on the host itself. Private to this collection."""

from __future__ import annotations

import http.client
import json
import urllib.parse

from .alerts import Answer

SCHEME, OK = "http", 200
SHOWN = 200


def ask(url: str, path: str, timeout: float) -> Answer:
    """Return what is at a path of the program; C(url) is http alone, since these know no TLS."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != SCHEME or not parts.hostname or parts.path.strip("/"):
        raise ValueError(f"{url!r}: expected http://HOST:PORT")
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        connection.request("GET", path, headers={"Accept": "application/json"})
        response = connection.getresponse()
        content = response.read()
    except (OSError, http.client.HTTPException) as error:
        return Answer(error=f"{url}: {error or type(error).__name__}")
    finally:
        connection.close()
    if response.status != OK:
        return Answer(error=f"{url}{path}: HTTP {response.status} {content[:SHOWN].decode(errors='replace').strip()}")
    try:
        return Answer(json.loads(content))
    except ValueError:
        return Answer(error=f"{url}{path}: expected JSON, found {content[:SHOWN].decode(errors='replace')!r}")
