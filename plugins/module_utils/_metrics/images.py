# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The registry of this host: whether somebody who pulls would be answered. Asked without its password."""

from __future__ import annotations

import http.client
import socket
import typing as t
from pathlib import Path

from .._net import https
from .exposition import Sample

# As the role container_registry has them: who lets in, and who has what is kept, of whom one is enough to read.
AUTHORITY = "/etc/metalstack-registry/ca.crt"
SOCKETS = tuple(f"/run/metalstack-registry-{name}/socket" for name in ("kept", "kept-read"))
SECONDS = 5.0


class _Local(http.client.HTTPConnection):
    """A server at a socket of this host."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(SECONDS)
        self.sock.connect(self._path)


def samples(url: str, authority: str = AUTHORITY, sockets: t.Iterable[str] = SOCKETS) -> t.Iterator[Sample]:
    """url: the front, C(https://HOST:PORT), which lets nobody in here."""
    answers = _lets_nobody_in(url, authority) and any(map(_reads, sockets))
    yield Sample("metalstack_registry_answers", answers)


def _lets_nobody_in(url: str, authority: str) -> bool:
    try:
        https.ask(f"{url}/v2/", (401,), authority if Path(authority).exists() else None, seconds=SECONDS)
    except https.Unanswered:
        return False
    return True


def _reads(path: str) -> bool:
    connection = _Local(path)
    try:
        connection.request("GET", "/v2/")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
