# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parameters of SVCB and HTTPS records (RFC 9460, 2.1) as PowerDNS writes them. Pure."""

from __future__ import annotations

import ipaddress
import re
import socket
import typing as t

KEYS = ("mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint")


class UnknownKey(Exception):
    """A key whose form depends on the server's version."""


def parameters(words: t.Sequence[str]) -> str:
    """By rising key and without quotes, as RFC 9460, 2.2 has them on the wire."""
    found: dict[int, str] = {}
    for key, value in _pairs(list(words)):
        if key not in KEYS:
            if re.fullmatch(r"[a-z0-9-]+", key):
                raise UnknownKey(key)
            raise ValueError(f"{key!r} is no SvcParamKey: expected one of {', '.join(KEYS)} or keyNNNNN")
        index = KEYS.index(key)
        if index in found:
            raise ValueError(f"{key} is there twice")
        text = FORMS[key](value)
        found[index] = f"{key}={text}" if text else key
    return " ".join(found[index] for index in sorted(found))


def _pairs(words: list[str]) -> t.Iterator[tuple[str, str]]:
    while words:
        word = words.pop(0)
        if word.endswith("=") and words and words[0].startswith('"'):
            word += words.pop(0)  # alpn="h2" comes as two words
        key, value = (*word.split("=", 1), "")[:2]
        yield key.lower(), value[1:-1] if value.startswith('"') else value


def _mandatory(value: str) -> str:
    names = value.split(",")
    if not set(names) <= set(KEYS):
        raise UnknownKey(value)
    return ",".join(sorted(names, key=KEYS.index))


def _port(value: str) -> str:
    if not value.isdecimal() or int(value) > 65535:
        raise ValueError(f"port {value!r}: expected a number from 0 to 65535")
    return str(int(value))


def _ipv4hint(value: str) -> str:
    return value if value == "auto" else ",".join(str(ipaddress.IPv4Address(one)) for one in value.split(","))


def _ipv6hint(value: str) -> str:
    if value == "auto":
        return value
    packed = [ipaddress.IPv6Address(one).packed for one in value.split(",")]
    return ",".join(socket.inet_ntop(socket.AF_INET6, one) for one in packed)


FORMS: dict[str, t.Callable[[str], str]] = {
    "mandatory": _mandatory,
    "alpn": str,
    "no-default-alpn": str,
    "port": _port,
    "ipv4hint": _ipv4hint,
    "ech": lambda value: f'"{value}"',
    "ipv6hint": _ipv6hint,
}
