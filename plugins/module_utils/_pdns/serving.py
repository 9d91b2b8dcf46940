# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits until name servers answer with a zone's serial."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.soa import is_newer

QUERY_SECONDS = 2.0
PAUSE_SECONDS = 0.5
# A notification is a datagram: it may be lost, and one that comes amid a transfer is of no effect.
REMIND_SECONDS = 5.0

Ask = t.Callable[[str, int, str], "int | None"]


class NotServed(Exception):
    """Some servers do not answer with the serial in time; says which, and what they answer."""


def check(servers: t.Sequence[str]) -> None:
    """Before anything is written: that they are addresses, and that they can be asked."""
    for server in servers:
        settings.address(server)
    if servers:
        import dns.query  # noqa: F401


def serial_at(address: str, port: int, zone: str) -> int | None:
    """The serial that the server answers with; ``None`` without an answer. Needs dnspython."""
    import dns.exception
    import dns.flags
    import dns.message
    import dns.query
    import dns.rdatatype

    query = dns.message.make_query(zone, dns.rdatatype.SOA)
    query.flags &= ~dns.flags.RD
    try:
        answer = dns.query.udp(query, address, timeout=QUERY_SECONDS, port=port)
    except (OSError, dns.exception.DNSException):
        return None
    return next((rdata.serial for rrset in answer.answer for rdata in rrset if hasattr(rdata, "serial")), None)


def serial_of(server: str, zone: str) -> int | None:
    """What a server (address, with a port if it is not 53) answers with, ``None`` without an answer."""
    address, port = split(settings.address(server))
    return serial_at(address, port, zone)


def wait(
    servers: t.Sequence[str],
    zone: str,
    serial: int,
    timeout: float,
    remind: t.Callable[[], object] = lambda: None,
    ask: Ask = serial_at,
    sleep: t.Callable[[float], None] = time.sleep,
    clock: t.Callable[[], float] = time.monotonic,
) -> None:
    """Until each of ``servers`` (addresses, with ``:port`` if it is not 53) has ``serial`` or a newer one.

    remind: has those that lag told of the zone once more, now and then.
    """
    end = clock() + timeout
    reminder = clock() + REMIND_SECONDS
    waiting = {server: split(settings.address(server)) for server in servers}
    while True:
        answers = {server: ask(address, port, zone) for server, (address, port) in waiting.items()}
        waiting = {
            server: waiting[server]
            for server, found in answers.items()
            if found is None or (found != serial and not is_newer(found, serial))
        }
        if not waiting:
            return
        if clock() >= end:
            told = ", ".join(f"{server} ({answers[server] or 'no answer'})" for server in waiting)
            raise NotServed(f"{zone} is written with serial {serial}; {timeout:g} s later not served by {told}")
        if clock() >= reminder:
            remind()
            reminder = clock() + REMIND_SECONDS
        sleep(PAUSE_SECONDS)


def split(address: str) -> tuple[str, int]:
    if address.startswith("["):
        host, port = address[1:].split("]:")
        return host, int(port)
    if address.count(":") == 1:
        host, port = address.split(":")
        return host, int(port)
    return address, 53
