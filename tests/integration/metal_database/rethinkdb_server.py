"""A stand-in of RethinkDB's server, which neither Debian nor a registry of packages has.

It speaks the protocol as "Writing RethinkDB drivers" documents it (V1_0, SCRAM-SHA-256, JSON), and is taken by
RethinkDB's own driver, whose numbers of terms and errors it has. It knows the terms that are asked here and no more,
and answers any other one with an error.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import socketserver
import struct
import threading
from typing import Any, Self

from containers import Container
from rethinkdb import ql2_pb2

PORT = 28015
_MAGIC = 0x34C2BDC3
_ITERATIONS = 4096
Term, Kind, Query = ql2_pb2.Term.TermType, ql2_pb2.Response, ql2_pb2.Query.QueryType
STATUS = [{"id": "1", "name": "metal_db_0", "process": {"version": "rethinkdb 2.4.4"}}]
TABLES = {
    "machine": [{"id": f"m{number}"} for number in range(7)],
    "partition": [{"id": "fra-equ01"}, {"id": "ams-equ01"}],
    "image": [],
}


class Server:
    """tables: rows by table by database. failing: what it answers instead of the rows of a table, if anything.

    part: how many rows an answer has; all where it is 0. pretends: whether it takes any password, and knows none.
    """

    def __init__(self, password: str, container: Container | None = None, port: int = PORT) -> None:
        self.password, self._container = password, container
        self.tables: dict[str, dict[str, list[Any]]] = {
            "rethinkdb": {"server_status": STATUS}, "metalapi": dict(TABLES), "test": {},
        }  # fmt: skip
        self.failing = ""
        self.silent = self.pretends = False
        self.part = 0
        own = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                _Session(own, self.rfile, self.wfile).serve()

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.address: tuple[str, int] = self._server.server_address[:2]

    @property
    def container(self) -> Container:
        assert self._container
        return self._container

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def value(self, term: Any) -> Any:
        """What a term is worth."""
        if not isinstance(term, list):
            return term
        kind, arguments = term[0], [self.value(one) for one in (term[1] if len(term) > 1 else [])]
        if kind == Term.DB:
            return self.tables[arguments[0]]
        if kind == Term.DB_LIST:
            return list(self.tables)
        if kind == Term.TABLE_LIST:
            return list(arguments[0])
        if kind == Term.TABLE:
            if self.failing and arguments[1] != "server_status":
                raise LookupError(self.failing)
            return arguments[0][arguments[1]]
        if kind == Term.COUNT:
            return len(arguments[0])
        if kind == Term.PLUCK:
            return [{name: one[name] for name in arguments[1:]} for one in arguments[0]]
        if kind == Term.BRACKET:
            return [one[arguments[1]] for one in arguments[0]]
        if kind == Term.COERCE_TO and arguments[1] == "array":
            return list(arguments[0])
        raise LookupError(f"the stand-in does not know term {kind}")


class _Session:
    def __init__(self, server: Server, reading: Any, writing: Any) -> None:
        self._server, self._in, self._out = server, reading, writing
        self._rest: list[Any] = []

    def serve(self) -> None:
        if struct.unpack("<I", self._in.read(4))[0] != _MAGIC or not self._authenticated():
            return
        while head := self._in.read(12):
            token, size = struct.unpack("<QI", head)
            query = json.loads(self._in.read(size))
            if self._server.silent:
                threading.Event().wait(30)
            answer = json.dumps(self._answer(query)).encode()
            self._out.write(struct.pack("<QI", token, len(answer)) + answer)

    def _authenticated(self) -> bool:
        self._say(success=True, min_protocol_version=0, max_protocol_version=0, server_version="2.4.4")
        bare = self._hear()["authentication"].removeprefix("n,,")
        salt = os.urandom(16)
        nonce = dict(one.split("=", 1) for one in bare.split(","))["r"] + os.urandom(9).hex()
        first = f"r={nonce},s={base64.b64encode(salt).decode()},i={_ITERATIONS}"
        self._say(success=True, authentication=first)
        final = self._hear()["authentication"]
        without, _, proof = final.rpartition(",p=")
        salted = hashlib.pbkdf2_hmac("sha256", self._server.password.encode(), salt, _ITERATIONS)
        key = _mac(salted, b"Client Key")
        message = f"{bare},{first},{without}".encode()
        signature = _mac(hashlib.sha256(key).digest(), message)
        expected = bytes(a ^ b for a, b in zip(key, signature, strict=True))
        if base64.b64decode(proof) != expected and not self._server.pretends:
            self._say(success=False, error="Wrong password", error_code=12)
            return False
        verified = b"" if self._server.pretends else _mac(_mac(salted, b"Server Key"), message)
        self._say(success=True, authentication=f"v={base64.b64encode(verified).decode()}")
        return True

    def _answer(self, query: list[Any]) -> dict[str, Any]:
        if query[0] == Query.CONTINUE:
            return self._part()
        try:
            value = self._server.value(query[1])
        except LookupError as error:
            failed = Kind.ErrorType.OP_FAILED
            return {"t": Kind.ResponseType.RUNTIME_ERROR, "e": failed, "r": [str(error)], "b": []}
        if query[1][0] in (Term.TABLE, Term.PLUCK, Term.BRACKET):
            self._rest = value
            return self._part()
        return {"t": Kind.ResponseType.SUCCESS_ATOM, "r": [value]}

    def _part(self) -> dict[str, Any]:
        size = self._server.part or len(self._rest)
        part, self._rest = self._rest[:size], self._rest[size:]
        kind = Kind.ResponseType.SUCCESS_PARTIAL if self._rest else Kind.ResponseType.SUCCESS_SEQUENCE
        return {"t": kind, "r": part, "n": []}

    def _say(self, **message: Any) -> None:
        self._out.write(json.dumps(message).encode() + b"\0")

    def _hear(self) -> dict[str, Any]:
        heard = b""
        while not heard.endswith(b"\0"):
            heard += self._in.read(1)
        found: dict[str, Any] = json.loads(heard[:-1])
        return found


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")
