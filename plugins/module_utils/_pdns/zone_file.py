# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Zone files (RFC 1035, 5): lines of text to records. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import names, rdata
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.rrset import MADE_BY_SERVER, RRset

# What a server exports and most people write; all else is read by dnspython, ten times as slowly.
SIMPLE = re.compile(r'([^\s;"()\\$]+)[ \t]+([0-9]+)[ \t]+IN[ \t]+([A-Z0-9]+)[ \t]+([^\s"\\();][^"\\();]*)')
CLASSES = {"IN", "CH", "HS"}
LONGEST_RECORD = 1000  # lines of one record: an unclosed bracket is noticed after so many


class BadZoneFile(ValueError):
    """A text that is no zone file; says in which line."""


class ZoneFile:
    """Reads one zone's text; ``$INCLUDE`` and ``$GENERATE`` are refused, for they are no part of the zone's data."""

    def __init__(self, zone: str, default_ttl: int) -> None:
        self._zone = zone
        self._origin = zone
        self._ttl = default_ttl
        self._owner = zone
        self._found: dict[tuple[str, str], tuple[int, list[str]]] = {}

    def read(self, text: str) -> list[RRset]:
        lines = text.splitlines()
        at = 0
        while at < len(lines):
            line, number = lines[at], at + 1
            at += 1
            try:
                simple = SIMPLE.fullmatch(line)
                if simple:
                    self._add(simple[1], int(simple[2]), simple[3], simple[4].rstrip())
                elif line.strip():
                    entry, more = _logical_line(lines, at - 1)
                    at += more
                    self._entry(entry)
            except ValueError as error:
                raise BadZoneFile(f"line {number}: {error}") from error
        return [RRset(*key, ttl, tuple(records)) for key, (ttl, records) in self._found.items()]

    def _entry(self, words: list[str]) -> None:
        """``[owner] [ttl] [class] type data``; an empty first word stands for a line that begins with a blank."""
        first, *rest = words
        if not rest and not first:
            return
        if first.startswith("$"):
            self._control(first.upper(), rest)
            return
        ttl = self._ttl
        while rest and (rest[0].upper() in CLASSES or rdata.DURATION.fullmatch(rest[0]) or rest[0].isdecimal()):
            word = rest.pop(0)
            if word.upper() in CLASSES - {"IN"}:
                raise BadZoneFile(f"class {word}: expected IN")
            if word.upper() != "IN":
                ttl = rdata.duration(word)
        if not rest:
            raise BadZoneFile("a record without a type")
        rtype, *data = rest
        self._add(first, ttl, rtype.upper(), " ".join(data))

    def _control(self, word: str, rest: list[str]) -> None:
        if word == "$TTL" and len(rest) == 1:
            self._ttl = rdata.duration(rest[0])
        elif word == "$ORIGIN" and len(rest) == 1:
            self._origin = names.qualified(rest[0], self._origin).lower()
        else:
            raise BadZoneFile(f"{word} {' '.join(rest)}: expected $TTL or $ORIGIN with one value")

    def _add(self, owner: str, ttl: int, rtype: str, content: str) -> None:
        if owner:
            self._owner = self._absolute(owner)
        if rtype in MADE_BY_SERVER:
            return  # a signed zone's file holds them, the server makes its own
        if rtype in ("TXT", "SPF"):
            # Friendly text is for people; in a zone file each word is a string of its own.
            content = " ".join(rdata.quote(rdata.octets(token)) for token in rdata.tokens(content))
        ttl = rdata.duration(ttl)
        if rtype in rdata.NAMED and not (rtype in rdata.NAMED_LAST and content.endswith(".")):
            # Names in the data are relative to the origin of their own line.
            form = rdata.canonical(rtype, content, self._origin, names.qualified)
            content = form.text if form else content
        known = self._found.setdefault((self._owner, rtype), (ttl, []))
        if known[0] != ttl:
            raise BadZoneFile(
                f"{self._owner} {rtype} has the TTL {ttl} here and {known[0]} above: a set has one (RFC 2181, 5.2)"
            )
        known[1].append(content)

    def _absolute(self, text: str) -> str:
        return names.owner(names.qualified(text, self._origin), self._zone)


def read(text: str, zone: str, default_ttl: int) -> list[RRset]:
    """The sets of records that the text holds, in its order."""
    return ZoneFile(zone, default_ttl).read(text)


def _logical_line(lines: t.Sequence[str], at: int) -> tuple[list[str], int]:
    """The words of the record that begins in line ``at``, and how many lines more than one it has."""
    # Only here: a host that gets plain files needs no dnspython.
    from dns.exception import DNSException
    from dns.tokenizer import Tokenizer

    text = ""
    for more, line in enumerate(lines[at : at + LONGEST_RECORD]):
        text += f"{line}\n"
        try:
            return _words(Tokenizer(text)), more
        except DNSException as error:
            if "unbalanced parentheses" not in str(error):
                raise BadZoneFile(str(error)) from error
    raise BadZoneFile("a bracket that does not close")


def _words(tokenizer: t.Any) -> list[str]:
    words: list[str] = []
    token = tokenizer.get(want_leading=True)
    while not token.is_eol_or_eof():
        if token.is_whitespace():
            words.append("")
        else:
            words.append(f'"{token.value}"' if token.is_quoted_string() else token.value)
        token = tokenizer.get()
    return words or [""]
