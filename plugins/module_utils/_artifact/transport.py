# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP for artifacts: fails within seconds where the network is closed, resumes where it broke off."""

from __future__ import annotations

import http.client
import socket
import threading
import time
import types
import typing as t
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from .._net import tls

CONNECT_SECONDS = 3.0
STALL_SECONDS = 10.0
REMEMBER_SECONDS = 60.0
PROGRESS_SECONDS = 5.0
ATTEMPTS = 3
CHUNK = 1 << 20

Say = t.Callable[[str], None]
Headers = t.Mapping[str, str]

NO_HEADERS: Headers = types.MappingProxyType({})


class Unreachable(Exception):
    """The server can't be reached, or does not have what was asked for."""


class NotFound(Unreachable):
    """The server answers that it has no such thing."""


class Transport:
    """Reads from web servers; what is unreachable is remembered for a minute, for other processes as well."""

    def __init__(self, memory: Path, say: Say = lambda message: None) -> None:
        self._memory = memory
        self._say = say

    def open(self, url: str, headers: Headers = NO_HEADERS, secret_headers: Headers = NO_HEADERS) -> t.Any:
        """Send a GET and return the response; ``secret_headers`` are not passed on to where a redirect points."""
        self._probe(url)
        request = urllib.request.Request(url, headers=dict(headers))
        for key, value in secret_headers.items():
            request.add_unredirected_header(key, value)
        try:
            trusting = urllib.request.HTTPSHandler(context=tls.context())
            return urllib.request.build_opener(trusting).open(request, timeout=STALL_SECONDS)
        except (TimeoutError, urllib.error.URLError) as error:
            if not isinstance(getattr(error, "reason", error), TimeoutError):
                raise
            raise self._remember(url, f"no answer within {STALL_SECONDS:g} s") from error

    def read(self, url: str, headers: Headers = NO_HEADERS) -> bytes:
        """The whole of a small document."""
        try:
            with self.open(url, headers) as response:
                return bytes(response.read())
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{url}: {_reason(error)}") from error

    def download(self, url: str, target: Path, secret_headers: Headers = NO_HEADERS) -> None:
        """Append to ``target`` until it is whole; what an earlier attempt left there is kept."""
        failures = 0
        while True:
            before = target.stat().st_size if target.exists() else 0
            try:
                self._continue(url, target, before, secret_headers)
                return
            except urllib.error.HTTPError as error:
                if error.code == 416 and before:
                    # Nothing is left to send; whether the file is right is for its checksum to say.
                    return
                if error.code < 500:
                    kind = NotFound if error.code == 404 else Unreachable
                    raise kind(f"{url}: {_reason(error)}") from error
                reason = _reason(error)
            except (OSError, http.client.HTTPException) as error:
                reason = _reason(error)
            progressed = target.exists() and target.stat().st_size > before
            failures = 1 if progressed else failures + 1
            if failures >= ATTEMPTS:
                raise Unreachable(f"{url}: {reason}, {ATTEMPTS} times without progress")
            self._say(f"{url}: {reason}, resuming")
            time.sleep(0.2 * 2**failures)

    def _continue(self, url: str, target: Path, offset: int, secret_headers: Headers) -> None:
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        with self.open(url, headers, secret_headers) as response:
            resumed = offset and response.status == 206
            done = offset if resumed else 0
            length = response.headers.get("Content-Length")
            total = done + int(length) if length else 0
            reported = time.monotonic()
            with target.open("ab" if resumed else "wb") as file:
                while chunk := response.read(CHUNK):
                    file.write(chunk)
                    done += len(chunk)
                    if time.monotonic() - reported > PROGRESS_SECONDS:
                        reported = time.monotonic()
                        self._say(f"{url}: {done >> 20} of {total >> 20 or '?'} MiB")
        if total and done < total:
            raise ConnectionError(f"cut off after {done} of {total} bytes")

    def _probe(self, url: str) -> None:
        """Find out in a few seconds whether the server, or the proxy before it, takes connections at all."""
        marker = self._marker(url)
        if marker.exists() and marker.stat().st_mtime > time.time() - REMEMBER_SECONDS:
            problem = marker.read_text(encoding="utf-8")
            raise Unreachable(f"{url}: {problem} (found out less than {REMEMBER_SECONDS:g} s ago)")
        problem = _connect(*_first_hop(url))
        if problem:
            raise self._remember(url, problem)

    def _remember(self, url: str, problem: str) -> Unreachable:
        self._memory.mkdir(parents=True, exist_ok=True)
        self._marker(url).write_text(problem, encoding="utf-8")
        return Unreachable(f"{url}: {problem}")

    def _marker(self, url: str) -> Path:
        return self._memory / "_".join(map(str, _first_hop(url)))


def is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _first_hop(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        proxy = "" if urllib.request.proxy_bypass(host) else urllib.request.getproxies().get(parts.scheme, "")
        hop = urlsplit(proxy if "//" in proxy else f"http://{proxy}") if proxy else parts
        return hop.hostname or "", hop.port or (443 if hop.scheme == "https" else 80)
    except ValueError as error:
        raise Unreachable(f"{url} or its proxy is no URL: {error}") from error


def _connect(host: str, port: int) -> str:
    """Why no connection can be had, or nothing. In a thread, for a name look-up has no time-out of its own."""
    result = [f"no connection to {host}:{port} within {CONNECT_SECONDS:g} s"]

    def attempt() -> None:
        try:
            socket.create_connection((host, port), timeout=CONNECT_SECONDS).close()
            result[0] = ""
        except OSError as error:
            result[0] = f"no connection to {host}:{port}: {error}"

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(CONNECT_SECONDS)
    return result[0]


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code} {error.reason}"
    if isinstance(error, urllib.error.URLError):
        return str(error.reason)
    return str(error) or type(error).__name__
