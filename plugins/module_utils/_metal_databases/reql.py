# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks RethinkDB by the standard library alone, since no host has its driver, which Debian does not carry either.

Source: "Writing RethinkDB drivers" (V1_0, SCRAM-SHA-256 of RFC 5802, JSON), and C(ql2.proto) for the numbers.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import hmac
import json
import os
import socket
import struct
import typing as t

_MAGIC = struct.pack("<I", 0x34C2BDC3)
_BARE, _BINDING = "n,,", "c=biws"
_START, _CONTINUE = 1, 2
_ATOM, _SEQUENCE, _PARTIAL = 1, 2, 3
_DB, _TABLE, _PLUCK, _COUNT, _COERCE_TO, _DB_LIST, _TABLE_LIST, _BRACKET = 14, 15, 33, 43, 51, 59, 62, 170
_TOKEN = 1


class ReqlError(Exception):
    """The server does not do what it is asked; in its own words."""


class AuthError(ReqlError):
    """It refuses the account, or is not who knows its password."""


class Broken(Exception):
    """The connection has ended, or says what is no answer."""


@dataclasses.dataclass(frozen=True)
class Term:
    """A term of ReQL."""

    kind: int
    arguments: tuple[t.Any, ...] = ()

    def table(self, name: str) -> Term:
        return Term(_TABLE, (self, name))

    def table_list(self) -> Term:
        return Term(_TABLE_LIST, (self,))

    def count(self) -> Term:
        return Term(_COUNT, (self,))

    def pluck(self, *names: str) -> Term:
        return Term(_PLUCK, (self, *names))

    def field(self, name: str) -> Term:
        return Term(_BRACKET, (self, name))

    def coerce_to(self, kind: str) -> Term:
        return Term(_COERCE_TO, (self, kind))


def db(name: str) -> Term:
    return Term(_DB, (name,))


def db_list() -> Term:
    return Term(_DB_LIST)


def _written(one: t.Any) -> t.Any:
    return [one.kind, [_written(each) for each in one.arguments]] if isinstance(one, Term) else one


class Connection:
    """One, with a time limit (seconds) for each answer. Raises OSError where nobody listens."""

    def __init__(self, address: tuple[str, int], user: str, password: str, seconds: float) -> None:
        self._socket = socket.create_connection(address, seconds)
        self._stream = self._socket.makefile("rb")
        try:
            self._log_in(user, password)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def run(self, term: Term) -> t.Any:
        """What a term is worth; a sequence as a list."""
        rows: list[t.Any] = []
        query: list[t.Any] = [_START, _written(term), {}]
        while True:
            told = self._asked(query)
            kind, values = told.get("t"), told.get("r")
            if not isinstance(values, list):
                raise Broken(f"it answered {told!r}")
            if kind == _ATOM:
                return values[0]
            if kind not in (_SEQUENCE, _PARTIAL):
                raise ReqlError(" ".join(map(str, values)))
            rows += values
            if kind == _SEQUENCE:
                return rows
            query = [_CONTINUE]

    def _asked(self, query: list[t.Any]) -> dict[str, t.Any]:
        body = json.dumps(query).encode()
        self._socket.sendall(struct.pack("<QI", _TOKEN, len(body)) + body)
        _token, size = struct.unpack("<QI", self._read(12))
        return _parsed(self._read(size))

    def _read(self, size: int) -> bytes:
        found = self._stream.read(size)
        if len(found) != size:
            raise Broken("the connection was closed")
        return found

    def _log_in(self, user: str, password: str) -> None:
        self._socket.sendall(_MAGIC)
        self._told()
        nonce = base64.b64encode(os.urandom(18)).decode()
        own = f"n={user.replace('=', '=3D').replace(',', '=2C')},r={nonce}"
        first = self._said(protocol_version=0, authentication_method="SCRAM-SHA-256", authentication=f"{_BARE}{own}")
        given = _fields(first)
        without = f"{_BINDING},r={given.get('r', '')}"
        try:
            salt, rounds = base64.b64decode(given["s"], validate=True), int(given["i"])
        except (KeyError, ValueError, binascii.Error) as error:
            raise Broken(f"it greets with what is no SCRAM: {error!r}") from error
        if not given.get("r", "").startswith(nonce):
            raise Broken("it answers somebody else's greeting")
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
        key, message = _mac(salted, b"Client Key"), f"{own},{first},{without}".encode()
        signature = _mac(hashlib.sha256(key).digest(), message)
        proof = base64.b64encode(bytes(one ^ other for one, other in zip(key, signature, strict=True))).decode()
        last = _fields(self._said(authentication=f"{without},p={proof}"))
        verified = base64.b64encode(_mac(_mac(salted, b"Server Key"), message)).decode()
        if not hmac.compare_digest(last.get("v", ""), verified):
            raise AuthError("its server does not know the password itself")

    def _said(self, **message: t.Any) -> str:
        """What it answers to a part of the greeting."""
        self._socket.sendall(json.dumps(message).encode() + b"\0")
        return str(self._told().get("authentication", ""))

    def _told(self) -> dict[str, t.Any]:
        heard = bytearray()
        while (one := self._read(1)) != b"\0":
            heard += one
        told = _parsed(bytes(heard))
        if not told.get("success"):
            raise AuthError(str(told.get("error", "without a reason")))
        return told


def _parsed(content: bytes) -> dict[str, t.Any]:
    try:
        found = json.loads(content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Broken(f"it answered {content[:100].decode('utf-8', 'replace')!r}")
    return found


def _fields(text: str) -> dict[str, str]:
    return {one[:1]: one[2:] for one in text.split(",")}


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")
