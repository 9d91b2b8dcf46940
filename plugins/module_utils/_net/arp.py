# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ARP for IPv4 over Ethernet: frames in, frames out. Private to this collection."""

from __future__ import annotations

import ipaddress
import struct
import typing as t

ETHERTYPE = 0x0806
BROADCAST = b"\xff" * 6
_HEADER = struct.Struct("!6s6sH")
_BODY = struct.Struct("!HHBBH6s4s6s4s")
_REQUEST, _REPLY = 1, 2


class Answer(t.NamedTuple):
    """Who said that an address is theirs."""

    address: str
    mac: str


def mac_text(mac: bytes) -> str:
    return ":".join(f"{octet:02x}" for octet in mac)


def mac_bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def request(own_mac: str, address: str) -> bytes:
    """A probe as in RFC 5227: sender address zero, so that no cache learns from it."""
    mac = mac_bytes(own_mac)
    target = ipaddress.IPv4Address(address).packed
    return _HEADER.pack(BROADCAST, mac, ETHERTYPE) + _BODY.pack(
        1, 0x0800, 6, 4, _REQUEST, mac, b"\0" * 4, b"\0" * 6, target
    )


def answer(frame: bytes) -> Answer | None:
    """Read an answer, None for any other frame."""
    if len(frame) < _HEADER.size + _BODY.size or _HEADER.unpack_from(frame)[2] != ETHERTYPE:
        return None
    fields = _BODY.unpack_from(frame, _HEADER.size)
    if fields[:5] != (1, 0x0800, 6, 4, _REPLY):
        return None
    return Answer(str(ipaddress.IPv4Address(fields[6])), mac_text(fields[5]))


class Holders(t.NamedTuple):
    """Who holds one address."""

    peers: list[str]
    strangers: list[str]


def holders(address: str, answers: set[Answer], peers: list[str]) -> Holders:
    """Tell the peers that answer for an address from strangers, by the MAC that peers answer for their own with."""
    owners = {found.mac: found.address for found in answers if found.address in peers}
    macs = sorted(found.mac for found in answers if found.address == address)
    return Holders(
        peers=[owners[mac] for mac in macs if mac in owners],
        strangers=[mac for mac in macs if mac not in owners],
    )
