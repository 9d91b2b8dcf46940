# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far other hosts are: the time that TCP's handshake takes, which a host answers whatever runs there."""

from __future__ import annotations

import contextlib
import socket
import statistics
import time
import typing as t

# Where members of etcd reach each other.
PORT = 2380
TIMES = 5
SECONDS = 2.0


def round_trips(peers: t.Mapping[str, str], port: int = PORT) -> dict[str, float | None]:
    """Return the milliseconds to each of the hosts, by name; None for one that does not answer."""
    return {name: round_trip(address, port) for name, address in peers.items()}


def round_trip(address: str, port: int = PORT) -> float | None:
    """Return the median of a few, for the first may have had to ask for a hardware address."""
    took = []
    try:
        family, kind, protocol, _name, target = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
        for _time in range(TIMES):
            with socket.socket(family, kind, protocol) as plain:
                plain.settimeout(SECONDS)
                begin = time.monotonic()
                # No is an answer, too.
                with contextlib.suppress(ConnectionRefusedError):
                    plain.connect(target)
                took.append(time.monotonic() - begin)
    except OSError:
        return None
    return round(statistics.median(took) * 1000, 1)
