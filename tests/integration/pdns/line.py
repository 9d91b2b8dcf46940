"""Between the code under test and a server's API: a line that breaks, answers by itself, or alters what it carries."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

Body = dict[str, Any]
FAILED = b'HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\n\r\n{"error": "the backend is busy"}'


class BadLine:
    """Spoils the first connections: cuts or fails each after the request has gone through, or before; notes them."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.cut_before = self.cut_after = self.fail_before = self.fail_after = 0
        self.only = ""  # requests of this method; without one, of all
        # What becomes of a request of a method on its way; none at all is lost, and answered as if it were done.
        self.alter: dict[str, Callable[[Body], Body | None]] = {}
        self.requests: list[tuple[str, str, Any]] = []
        self._port, self._tls = port, tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        self._listener.close()

    def sent(self, method: str) -> list[Any]:
        """The bodies of all requests of one method."""
        return [body for verb, _path, body in self.requests if verb == method]

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with suppress(OSError), self._tls.wrap_socket(client, True) if self._tls else client as stream:
                    stream.sendall(self._pass(stream))

    def _pass(self, client: socket.socket) -> bytes:
        head, body = self._read(client)
        verb, path, _version = head.split(b"\r\n", 1)[0].decode().split(" ")
        self.requests.append((verb, path, json.loads(body) if body else None))
        if self._spend("cut_before", verb):
            return b""
        if self._spend("fail_before", verb):
            return FAILED
        if verb in self.alter:
            altered = self.alter[verb](json.loads(body))
            if altered is None:
                return b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
            head, body = self._with_body(head, altered)
        answer = self._forward(head + b"\r\n\r\n" + body)
        if self._spend("cut_after", verb):
            return b""
        return FAILED if self._spend("fail_after", verb) else answer

    def _spend(self, name: str, verb: str) -> bool:
        left: int = getattr(self, name)
        if not left or (self.only and verb != self.only):
            return False
        setattr(self, name, left - 1)
        return True

    def _forward(self, request: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self._port)) as api:
            api.sendall(request)
            answer = b""
            while chunk := api.recv(65536):
                answer += chunk
        return answer

    @staticmethod
    def _read(client: socket.socket) -> tuple[bytes, bytes]:
        request = b""
        while b"\r\n\r\n" not in request:
            request += client.recv(65536)
        head, _, body = request.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        while lengths and len(body) < int(lengths[0]):
            body += client.recv(65536)
        return head, body

    @staticmethod
    def _with_body(head: bytes, content: Body) -> tuple[bytes, bytes]:
        body = json.dumps(content).encode()
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length:")]
        return b"\r\n".join([*lines, b"Content-Length: %d" % len(body)]), body
