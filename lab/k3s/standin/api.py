"""A Kubernetes API client of one page: one kept connection, JSON in, JSON out."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
KUBE_SYSTEM = "/api/v1/namespaces/kube-system"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
UNREACHABLE = (OSError, http.client.HTTPException)


class ApiError(Exception):
    def __init__(self, status: int, reason: str, url: str) -> None:
        super().__init__(f"{url}: {status} {reason}")
        self.status = status


class Client:
    """JSON over HTTPS with a client certificate or a bearer token; safe to share among threads."""

    def __init__(
        self, url: str, ca: Path | bytes, certificate: Path | None = None, token: str = "", timeout: float = 5
    ) -> None:
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        context = ssl.create_default_context(cadata=ca.decode() if isinstance(ca, bytes) else ca.read_text())
        if certificate:
            context.load_cert_chain(certificate.with_suffix(".crt"), certificate.with_suffix(".key"))
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._connection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port or 443, context=context, timeout=timeout
        )
        self._lock = threading.Lock()

    def call(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        payload = None if body is None else json.dumps(body).encode()
        with self._lock:
            try:
                status, reason, content = self._send(method, path, payload, kind)
            except UNREACHABLE:
                self._connection.close()
                raise
        if status >= 300:
            raise ApiError(status, reason, self.url + path)
        try:
            return json.loads(content)
        except ValueError:
            return content.decode()

    def _send(self, method: str, path: str, payload: bytes | None, kind: str) -> tuple[int, str, bytes]:
        kept = self._connection.sock is not None
        headers = {**self._headers, "Content-Type": kind}
        try:
            self._connection.request(method, path, payload, headers)
            response = self._connection.getresponse()
        except UNREACHABLE:
            if not kept:
                raise
            self._connection.close()  # the other end may close a kept connection at any time: once more, freshly
            self._connection.request(method, path, payload, headers)
            response = self._connection.getresponse()
        return response.status, response.reason, response.read()

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def find(self, path: str) -> Any:
        """None where there is no such object."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def apply(self, path: str, body: Any) -> Any:
        return self.call("PATCH", f"{path}?fieldManager=k3s&force=true", body, APPLY)


def presented_chain(url: str, timeout: float = 5) -> list[bytes]:
    """The certificates a server presents, DER, unverified: how a joiner with a short token learns the CA."""
    parts = urlsplit(url)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(parts.hostname or "", parts.port or 443, context=context, timeout=timeout)
    connection.connect()
    try:
        tls: Any = connection.sock
        return list(tls.get_unverified_chain())
    finally:
        connection.close()
