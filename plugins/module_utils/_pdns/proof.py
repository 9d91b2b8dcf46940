# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proves by requests of its own that a server takes one key and refuses others."""

from __future__ import annotations

import socket
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import former_keys, serving, settings

SECONDS = 10.0
HEADER = 12
REFUSED_CODE, NOT_AUTHORITATIVE = 5, 9
SERVED, REFUSED = "served", "refused"
Keys = t.Mapping[str, str]
Takes = t.Callable[[str, str, "str | None"], bool]
Asks = t.Callable[[str, str, str, str], str]


class NotProved(Exception):
    """A key that is taken and should not be, or the other way about."""


def of_api(
    urls: t.Iterable[str], key: str, former: Keys, ca_path: str | None = None, takes: Takes = former_keys.takes
) -> list[str]:
    """What was proved, a line each."""
    proved = []
    for url in urls:
        if not takes(url, key, ca_path):
            raise NotProved(f"{url} refuses the key that it shall have")
        proved.append(f"{url} takes the key")
        for name, other in former.items():
            if takes(url, other, ca_path):
                raise NotProved(f"{url} still takes the former key {name}")
            proved.append(f"{url} refuses the former key {name}")
    return proved


def of_transfers(
    servers: t.Iterable[str], zones: t.Sequence[str], name: str, secret: str, former: Keys, asks: Asks | None = None
) -> list[str]:
    """What was proved, a line each."""
    ask = asks or transferred
    proved = []
    for server in servers:
        for zone in zones:
            if (found := ask(server, zone, name, secret)) != SERVED:
                raise NotProved(f"{server} does not give {zone} to the holder of the key {name}: {found}")
            proved.append(f"{server} gives {zone} to the holder of the key {name}")
            for other, of_other in former.items():
                if (found := ask(server, zone, other, of_other)) != REFUSED:
                    raise NotProved(f"{server} does not refuse {zone} to the holder of the former key {other}: {found}")
                proved.append(f"{server} refuses {zone} to the holder of the former key {other}")
    return proved


def transferred(server: str, zone: str, name: str, secret: str) -> str:
    """Whether a server begins to give a whole zone; silence is neither. Needs dnspython."""
    import dns.message
    import dns.tsigkeyring

    query = dns.message.make_query(zone, "AXFR")
    query.use_tsig(dns.tsigkeyring.from_text({name: secret}), name, algorithm="hmac-sha256")
    try:
        answer = _first(*serving.split(settings.address(server)), query.to_wire())
    except OSError as error:
        return str(error) or type(error).__name__
    return judged(answer)


def judged(answer: bytes) -> str:
    """By the header alone: a refusal is not signed, which dnspython takes for no answer."""
    if len(answer) < HEADER:
        return "no answer"
    code, records = answer[3] & 15, int.from_bytes(answer[6:8], "big")
    if code in (REFUSED_CODE, NOT_AUTHORITATIVE):
        return REFUSED
    return SERVED if code == 0 and records else f"code {code} with {records} records"


def _first(address: str, port: int, query: bytes) -> bytes:
    """The header of the first message of an answer, or less of it."""
    with socket.create_connection((address, port), SECONDS) as stream:
        stream.sendall(len(query).to_bytes(2, "big") + query)
        return stream.makefile("rb").read(2 + HEADER)[2:]
