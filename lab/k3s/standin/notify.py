"""systemd's readiness protocol."""

from __future__ import annotations

import os
import socket


def ready(environ: dict[str, str] | os._Environ[str] = os.environ) -> None:
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notification:
        notification.connect("\0" + address[1:] if address.startswith("@") else address)
        notification.sendall(b"READY=1\n")
