# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP to one PowerDNS server's API. Knows no Ansible."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
import typing as t
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from .._net import tls

API = "/api/v1/servers"
ATTEMPTS = 5
FIRST_PAUSE = 0.2
OK = range(200, 300)
DONE_BEFORE = {"POST": 409, "DELETE": 404}


class PdnsError(Exception):
    """The API refused, or could not be asked: ``status`` is 0 then."""

    def __init__(self, status: int, message: str, cut: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.cut = cut  # the server closed the connection on the request


@dataclass(frozen=True)
class Endpoint:
    """Where the API listens: ``http(s)://host:port``, or a unix socket's path (pdns 5.0 and newer)."""

    url: str
    key: str
    ca_path: str | None = None
    timeout: float = 60.0
    server_id: str = "localhost"

    @property
    def socket_path(self) -> str | None:
        return self.url.removeprefix("unix:") if self.url.startswith(("unix:", "/")) else None


class Client:
    """Sends requests and reads JSON; a lost connection or a 5xx is tried again."""

    def __init__(self, endpoint: Endpoint, sleep: t.Callable[[float], None] = time.sleep) -> None:
        self._endpoint = endpoint
        self._sleep = sleep
        self._tls: ssl.SSLContext | None = None

    def get(self, path: str, **query: str) -> t.Any:
        return self.request("GET", path, query=query)

    def exists(self, path: str) -> t.Any | None:
        """The object, or ``None`` if the server has none of that name."""
        try:
            return self.get(path)
        except PdnsError as error:
            if error.status == 404:
                return None
            raise

    def request(
        self,
        method: str,
        path: str,
        body: t.Any = None,
        query: t.Mapping[str, str] | None = None,
        attempts: int = ATTEMPTS,
    ) -> t.Any:
        """The answer's JSON, ``None`` without one.

        An answer that was lost is asked for again: what the first request has then made or removed is taken as done.
        """
        target = f"{API}/{quote(self._endpoint.server_id)}{path}"
        if query:
            target += f"?{urlencode(query)}"
        payload = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        pause = FIRST_PAUSE
        for attempt in range(1, attempts + 1):
            try:
                return self._once(method, target, payload)
            except PdnsError as error:
                if attempt > 1 and error.status == DONE_BEFORE.get(method):
                    return None
                if attempt == attempts or (error.status and error.status < 500):
                    raise
            self._sleep(pause)
            pause *= 2
        raise AssertionError("unreachable")

    def _once(self, method: str, target: str, payload: bytes | None) -> t.Any:
        connection = self._connection()
        headers = {"X-API-Key": self._endpoint.key, "Accept": "application/json"}
        if payload is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, target, payload, headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
            cut = isinstance(error, (ConnectionResetError, BrokenPipeError, http.client.HTTPException))
            raise PdnsError(0, f"{method} {self._endpoint.url}{target}: {reason}", cut) from error
        finally:
            connection.close()
        if response.status not in OK:
            raise PdnsError(response.status, self._refusal(method, target, response.status, content))
        try:
            return json.loads(content) if content else None
        except ValueError as error:
            shown = content[:200].decode(errors="replace")
            raise PdnsError(response.status, f"{method} {target}: expected JSON, found {shown!r}") from error

    def _connection(self) -> http.client.HTTPConnection:
        endpoint = self._endpoint
        if endpoint.socket_path:
            return _UnixConnection(endpoint.socket_path, endpoint.timeout)
        parts = urlsplit(endpoint.url)
        if parts.scheme not in ("http", "https") or parts.path or not parts.hostname:
            raise ValueError(
                f"api_url {endpoint.url!r}: expected http://HOST:PORT, https://HOST:PORT or the path of a unix socket"
            )
        if parts.scheme == "http":
            return http.client.HTTPConnection(parts.hostname or "", parts.port or 8081, timeout=endpoint.timeout)
        if self._tls is None:
            try:
                self._tls = tls.context(cafile=endpoint.ca_path)
            except (OSError, ssl.SSLError) as error:
                raise ValueError(f"ca_path {endpoint.ca_path!r}: {error}") from error
        return http.client.HTTPSConnection(
            parts.hostname or "", parts.port or 443, timeout=endpoint.timeout, context=self._tls
        )

    def _refusal(self, method: str, target: str, status: int, content: bytes) -> str:
        try:
            answer = json.loads(content)
            reasons = [answer["error"], *(answer.get("errors") or [])]
            reason = "; ".join(str(one) for one in reasons)
        except (ValueError, TypeError, KeyError):
            reason = content[:200].decode(errors="replace").strip()
        hint = {401: " (is the API key that of this server?)", 404: " (not found)"}.get(status, "")
        return f"{method} {self._endpoint.url}{target}: HTTP {status}{hint} {reason}".rstrip()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
