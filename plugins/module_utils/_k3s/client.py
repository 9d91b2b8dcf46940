# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTPS with a client certificate and a deadline, from the standard library alone: hosts need nothing else."""

from __future__ import annotations

import http.client
import json
import ssl
import time
import typing as t
import urllib.error
import urllib.request

from .._net import tls
from . import layout

# OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which the module ssl has no name for.
_NO_CHECK_TIME = 0x200000


class Unreachable(Exception):
    """No answer in time, or one that is no success; the text says which, status is HTTP's if there was one."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class Deadline:
    """One time limit for several requests, so that a host that hangs costs it once."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, at_most: float) -> float:
        left = min(at_most, self._end - time.monotonic())
        if left <= 0:
            raise Unreachable("timed out")
        return left


class Client:
    """any_time: a certificate counts before and after its time, too, for a host that may not know the time."""

    def __init__(
        self,
        base: str,
        ca: str,
        certificate: str,
        key: str,
        deadline: Deadline,
        per_request: float = 2.0,
        any_time: bool = False,
    ) -> None:
        self._base = base
        self._deadline = deadline
        self._per_request = per_request
        try:
            context = tls.context(cafile=ca)
            context.load_cert_chain(certificate, key)
            if any_time:
                context.verify_flags |= _NO_CHECK_TIME
        except (OSError, ssl.SSLError) as error:
            raise Unreachable(f"no usable client certificate: {error}") from error
        # Hosts may have a proxy configured, which knows nothing of the cluster's addresses.
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )

    def text(
        self,
        path: str,
        method: str = "GET",
        body: dict[str, t.Any] | None = None,
        content: str = "application/json",
        accept: str = "application/json",
    ) -> str:
        request = urllib.request.Request(
            self._base + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": content, "Accept": accept},
        )
        try:
            with self._opener.open(request, timeout=self._deadline.left(self._per_request)) as response:
                return str(response.read(), "utf-8", "replace")
        except urllib.error.HTTPError as error:
            detail = error.read(300).decode("utf-8", "replace").strip()
            raise Unreachable(f"{method} {self._base}{path}: {error.code} {detail}", error.code) from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise Unreachable(f"{method} {self._base}{path}: {reason}") from error

    def json(
        self, path: str, method: str = "GET", body: dict[str, t.Any] | None = None, **more: str
    ) -> dict[str, t.Any]:
        answer = self.text(path, method, body, **more)
        try:
            found: dict[str, t.Any] = json.loads(answer)
        except ValueError as error:
            raise Unreachable(f"{method} {self._base}{path}: no JSON in the answer") from error
        return found

    def find(self, path: str, **more: str) -> dict[str, t.Any] | None:
        """The object at a path; None where there is none."""
        try:
            return self.json(path, "GET", None, **more)
        except Unreachable as error:
            if error.status == 404:
                return None
            raise

    def delete(self, path: str, options: dict[str, t.Any] | None = None, **more: str) -> None:
        """Delete the object at a path, if it is there; options are Kubernetes' DeleteOptions."""
        try:
            self.text(path, "DELETE", options, **more)
        except Unreachable as error:
            if error.status != 404:
                raise


def api(deadline: Deadline, address: str = "127.0.0.1", per_request: float = 2.0, any_time: bool = False) -> Client:
    """The Kubernetes API of a server, with the administrator's certificate that k3s keeps on every server."""
    return Client(
        f"https://{address}:{layout.API_PORT}",
        layout.TLS_DIR + "/server-ca.crt",
        layout.TLS_DIR + "/client-admin.crt",
        layout.TLS_DIR + "/client-admin.key",
        deadline,
        per_request,
        any_time,
    )


def etcd(deadline: Deadline, per_request: float = 2.0) -> Client:
    return Client(
        layout.ETCD_GATEWAY,
        layout.TLS_DIR + "/etcd/server-ca.crt",
        layout.TLS_DIR + "/etcd/client.crt",
        layout.TLS_DIR + "/etcd/client.key",
        deadline,
        per_request,
    )
