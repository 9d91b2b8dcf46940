# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Record data: what people write in, the one form that PowerDNS stores out. Pure.

The server refuses content that differs from its own rendering by more than case (``ws-auth.cc``, ``gatherRecords``), so
each field is brought to that rendering. A type that is not listed in ``FIELDS`` has to be asked of the server.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
import socket
import typing as t
from dataclasses import dataclass

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import names, svcb

TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|(?:[^\s"\\]|\\.)+)', re.DOTALL)
ESCAPE = re.compile(r"\\([0-9]{3}|.)", re.DOTALL)
DURATION = re.compile(r"(?:[0-9]+[wdhms])+", re.IGNORECASE)
SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
CHARACTER_STRING = 255


class BadRdata(ValueError):
    """Record data that its type does not allow."""


@dataclass(frozen=True)
class Rdata:
    """``text`` is what the server stores; two are the same record if their ``key`` is the same."""

    text: str
    key: str


@dataclass
class Reader:
    """The tokens of one record's data, from left to right."""

    tokens: list[str]
    zone: str
    qualify: t.Callable[[str, str], str] = names.target

    def next(self) -> str:
        if not self.tokens:
            raise BadRdata("a field is missing")
        return self.tokens.pop(0)

    def rest(self) -> list[str]:
        tokens, self.tokens = self.tokens, []
        if not tokens:
            raise BadRdata("a field is missing")
        return tokens


Field = t.Callable[[Reader], Rdata]


def canonical(rtype: str, content: str, zone: str, qualify: t.Callable[[str, str], str] = names.target) -> Rdata | None:
    """The data in the server's form; ``None`` for a type of which only the server knows it."""
    if rtype in ("TXT", "SPF") and not content.lstrip().startswith('"'):
        return _strings([content.encode()])
    fields = FIELDS.get(rtype)
    if fields is None or content.lstrip().startswith("\\#"):
        return None
    reader = Reader(tokens(content), zone, qualify)
    try:
        parts = [field(reader) for field in fields]
        if reader.tokens:
            raise BadRdata(f"{reader.tokens[0]!r} is one field too many")
    except svcb.UnknownKey:
        return None
    except ValueError as error:
        raise BadRdata(f"{rtype} {content!r}: {error}") from error
    parts = [part for part in parts if part.text]
    return Rdata(" ".join(part.text for part in parts), " ".join(part.key for part in parts))


def to_ask(rtype: str, content: str, zone: str) -> str | None:
    """What to ask the server when only it may know the form, with names made absolute; ``None`` when it need not be."""
    if rtype in FIELDS and rtype not in ("HTTPS", "SVCB") and not content.lstrip().startswith("\\#"):
        return None
    if rtype in FIELDS and canonical(rtype, content, zone) is not None:
        return None
    target = re.match(r"(\s*[0-9]+\s+)(\S+)(.*)", content, re.DOTALL) if rtype in ("HTTPS", "SVCB") else None
    return target[1] + names.target(target[2], zone) + target[3] if target else content


def tokens(content: str) -> list[str]:
    """Words and quoted strings, escapes left as they are."""
    found, position = [], 0
    end = len(content.rstrip())
    while position < end:
        match = TOKEN.match(content, position)
        if match is None:
            raise BadRdata(f"{content!r}: a quote that does not close")
        found.append(match[1])
        position = match.end()
    return found


def duration(text: str | int) -> int:
    """Seconds, given as a number or as ``1h30m`` (units w, d, h, m, s)."""
    word = str(text).strip()
    if word.isdecimal():
        seconds = int(word)
    elif DURATION.fullmatch(word):
        seconds = sum(int(number) * SECONDS[unit.lower()] for number, unit in re.findall(r"([0-9]+)(.)", word))
    else:
        raise BadRdata(f"{text!r} is no time: expected seconds, or a form such as 1h30m")
    if seconds > 0x7FFFFFFF:
        raise BadRdata(f"{text!r} is more than the {0x7FFFFFFF} seconds of RFC 2181, 8")
    return seconds


def doubled(content: str) -> str:
    """The content for a server that takes one layer of escapes away before it reads it (pdns 5.1)."""
    if content.startswith("\\#"):
        return content  # RFC 3597; read before escapes are
    return ESCAPE.sub(lambda match: {'"': r"\\\"", "\\": r"\\\\"}.get(match[1], rf"\\{match[1]}"), content)


def unescape(text: str) -> bytes:
    """The octets of a character string in presentation form, without its quotes (RFC 1035, 5.1)."""
    found, position = bytearray(), 0
    for match in ESCAPE.finditer(text):
        found += text[position : match.start()].encode()
        found += _octet(match[1])
        position = match.end()
    return bytes(found + text[position:].encode())


def _octet(escaped: str) -> bytes:
    if len(escaped) < 3:
        return escaped.encode()
    if int(escaped) > 255:
        raise BadRdata(f"\\{escaped} is no octet")
    return bytes([int(escaped)])


def quote(value: bytes) -> str:
    """A character string as PowerDNS writes it."""
    return '"' + "".join(_shown(octet) for octet in value) + '"'


def _shown(octet: int) -> str:
    if octet in b'"\\':
        return f"\\{octet:c}"
    return chr(octet) if 32 <= octet < 127 else f"\\{octet:03d}"


def octets(token: str) -> bytes:
    """Of a word or a quoted string."""
    return unescape(token[1:-1] if token.startswith('"') else token)


def _same(text: str) -> Rdata:
    return Rdata(text, text)


def _strings(strings: t.Sequence[bytes]) -> Rdata:
    """Character strings; longer ones are cut at 255 octets, as on the wire."""
    size = CHARACTER_STRING
    chunks = [string[at : at + size] for string in strings for at in range(0, len(string) or 1, size)]
    return _same(" ".join(quote(chunk) for chunk in chunks))


def strings(reader: Reader) -> Rdata:
    return _strings([octets(token) for token in reader.rest()])


def string(reader: Reader) -> Rdata:
    value = octets(reader.next())
    if len(value) > CHARACTER_STRING:
        raise BadRdata(f"a character string has at most {CHARACTER_STRING} octets, this one has {len(value)}")
    return _same(quote(value))


def long_string(reader: Reader) -> Rdata:
    """The value of CAA and the target of URI: to the end of the data, of any length."""
    return _same(quote(octets(reader.next())))


def number(bits: int) -> Field:
    def read(reader: Reader) -> Rdata:
        word = reader.next()
        if not word.isdecimal() or int(word) >> bits:
            raise BadRdata(f"expected a number from 0 to {(1 << bits) - 1}, found {word!r}")
        return _same(str(int(word)))

    return read


def seconds(reader: Reader) -> Rdata:
    return _same(str(duration(reader.next())))


def ipv4(reader: Reader) -> Rdata:
    return _same(str(ipaddress.IPv4Address(reader.next())))


def ipv6(reader: Reader) -> Rdata:
    address = ipaddress.IPv6Address(reader.next())
    if address.scope_id:
        raise BadRdata(f"{address} has a scope, which means something on one host only")
    text = socket.inet_ntop(socket.AF_INET6, address.packed)
    if address.ipv4_mapped:
        text = f"::ffff:{address.packed[12:14].hex().lstrip('0') or '0'}:{address.packed[14:].hex().lstrip('0') or '0'}"
    return Rdata(text, address.packed.hex())


def name(reader: Reader) -> Rdata:
    text = reader.qualify(reader.next(), reader.zone)
    return Rdata(text, text.lower())


def tag(reader: Reader) -> Rdata:
    word = reader.next()
    return Rdata(word, word.lower())


def kind(reader: Reader) -> Rdata:
    return _same(reader.next().upper())


def verbatim(reader: Reader) -> Rdata:
    return _same(" ".join(reader.rest()))


def hexadecimal(reader: Reader) -> Rdata:
    word = "".join(reader.rest()).lower()
    if not re.fullmatch(r"(?:[0-9a-f]{2})+", word):
        raise BadRdata(f"expected pairs of hexadecimal digits, found {word!r}")
    return _same(word)


def base_64(reader: Reader) -> Rdata:
    word = "".join(reader.rest())
    try:
        return _same(base64.b64encode(base64.b64decode(word, validate=True)).decode())
    except binascii.Error as error:
        raise BadRdata(f"expected base64, found {word!r}: {error}") from error


def service_parameters(reader: Reader) -> Rdata:
    return _same(svcb.parameters(reader.rest() if reader.tokens else []))


U8, U16, U32 = number(8), number(16), number(32)

FIELDS: dict[str, tuple[Field, ...]] = {
    "A": (ipv4,),
    "AAAA": (ipv6,),
    "AFSDB": (U16, name),
    "ALIAS": (name,),
    "CAA": (U8, tag, long_string),
    "CDNSKEY": (U16, U8, U8, base_64),
    "CDS": (U16, U8, U8, hexadecimal),
    "CNAME": (name,),
    "DNAME": (name,),
    "DNSKEY": (U16, U8, U8, base_64),
    "DS": (U16, U8, U8, hexadecimal),
    "HINFO": (string, string),
    "HTTPS": (U16, name, service_parameters),
    "KX": (U16, name),
    "LUA": (kind, verbatim),
    "MX": (U16, name),
    "NAPTR": (U16, U16, string, string, string, name),
    "NS": (name,),
    "OPENPGPKEY": (base_64,),
    "PTR": (name,),
    "RP": (name, name),
    "SMIMEA": (U8, U8, U8, hexadecimal),
    "SOA": (name, name, U32, seconds, seconds, seconds, seconds),
    "SPF": (strings,),
    "SRV": (U16, U16, U16, name),
    "SSHFP": (U8, U8, hexadecimal),
    "SVCB": (U16, name, service_parameters),
    "TLSA": (U8, U8, U8, hexadecimal),
    "TXT": (strings,),
    "URI": (U16, U16, long_string),
}

# Types with names in their data; of some the name is all that comes last.
NAMED = {rtype for rtype, fields in FIELDS.items() if name in fields}
NAMED_LAST = {rtype for rtype in NAMED if FIELDS[rtype].count(name) == 1 and FIELDS[rtype][-1] is name}
