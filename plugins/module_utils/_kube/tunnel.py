# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A port on loopback for a driver that can only connect to one, in front of a socket that is there already."""

from __future__ import annotations

import contextlib
import socket
import threading
import typing as t

HOST = "127.0.0.1"
_SIZE = 65536


class Tunnel:
    """For one connection: whoever comes second finds nobody that listens."""

    def __init__(self, far: t.Any) -> None:
        self._far = far
        self._listener = socket.create_server((HOST, 0), backlog=1)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Both ends, whatever is still on its way."""
        for one in (self._listener, self._far):
            # A thread that waits in accept is told by this, and by nothing else.
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _serve(self) -> None:
        try:
            near = self._listener.accept()[0]
        except OSError:  # closed before anybody came
            return
        self._listener.close()
        threading.Thread(target=_copy, args=(near, self._far), daemon=True).start()
        _copy(self._far, near)


def _copy(source: t.Any, target: t.Any) -> None:
    """Until the source ends; then the target is told so in both directions, since no driver goes on with half."""
    with contextlib.suppress(OSError):
        while data := source.recv(_SIZE):
            target.sendall(data)
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
