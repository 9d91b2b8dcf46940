# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A registry that images are brought to, by the push part of the OCI distribution protocol."""

from __future__ import annotations

import http.client
import json
import time
import typing as t
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

from .._artifact.registry import INDEX_TYPES, MANIFEST_TYPES, MOST_BYTES, Access
from .._net import tls
from .errors import MirrorError
from .tree import Say

ACCEPT = {"Accept": ", ".join(INDEX_TYPES + MANIFEST_TYPES)}
DIGEST_HEADER = "Docker-Content-Digest"
REQUEST_SECONDS = 120.0
PAUSE_SECONDS = 2.0
# While it is started anew, or collects what no image names any more.
BUSY = (502, 503, 504)
SHOWN = 200
_PAGE = 1000


class Answer(t.NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Target:
    """One registry, asked over one connection. Who is busy, or away, is waited for as long as C(patience) seconds.

    Raises MirrorError for an answer that is none of those expected; no message has the password.
    """

    def __init__(self, url: str, access: Access, ca: str, patience: float, say: Say) -> None:
        """ca: authorities in PEM that are believed; empty, the system's."""
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.path.strip("/"):
            raise MirrorError("the registry's url is none; expected https://HOST:PORT, without a login or a path")
        self.url = f"{parts.scheme}://{parts.netloc}"
        self._access, self._patience, self._say = access, patience, say
        try:
            self._connection = _connection(parts.scheme, parts.netloc, ca)
        except OSError as error:
            raise MirrorError(f"the ca for {self.url} has no certificates in PEM: {error}") from error

    def close(self) -> None:
        self._connection.close()

    def manifest_digest(self, repository: str, reference: str) -> str:
        """The digest of what a tag or digest names; nothing where there is none."""
        answer = self._ask("HEAD", f"{repository}/manifests/{reference}", (200, 404), headers=ACCEPT)
        return answer.headers.get(DIGEST_HEADER, "") if answer.status == 200 else ""

    def has_blob(self, repository: str, digest: str) -> bool:
        return self._ask("HEAD", f"{repository}/blobs/{digest}", (200, 404)).status == 200

    def put_blob(self, repository: str, digest: str, file: Path, elsewhere: str = "") -> bool:
        """Bring a blob; tells whether it was sent, which it is not where another repository has it already."""
        mount = f"?mount={quote(digest)}&from={quote(elsewhere, safe='')}" if elsewhere else ""
        begun = self._ask("POST", f"{repository}/blobs/uploads/{mount}", (201, 202))
        if begun.status == 201:
            return False
        place = urlsplit(urljoin(f"{self.url}/", begun.headers.get("Location", "")))
        path = f"{place.path}?{place.query}{'&' if place.query else ''}digest={quote(digest)}"
        self._ask("PUT", path.removeprefix("/v2/"), (201,), file, {"Content-Type": "application/octet-stream"})
        return True

    def put_manifest(self, repository: str, reference: str, content: bytes, kind: str) -> None:
        self._ask("PUT", f"{repository}/manifests/{reference}", (201,), content, {"Content-Type": kind})

    def remove(self, repository: str, digest: str) -> None:
        """Remove a manifest with all tags that name it."""
        self._ask("DELETE", f"{repository}/manifests/{digest}", (202, 404))

    def tags(self, repository: str) -> list[str]:
        """Every tag; none where there is no such repository."""
        return self._listed(f"{repository}/tags/list", "tags")

    def repositories(self) -> list[str]:
        return self._listed("_catalog", "repositories")

    def _listed(self, path: str, key: str) -> list[str]:
        found: list[str] = []
        while True:
            last = f"&last={quote(found[-1], safe='')}" if found else ""
            answer = self._ask("GET", f"{path}?n={_PAGE}{last}", (200, 404))
            if answer.status == 404:
                return found
            try:
                more = [str(one) for one in json.loads(answer.body)[key] or [] if one not in found]
            except (ValueError, KeyError, TypeError) as error:
                raise MirrorError(f"{self.url}/v2/{path} lists no {key}: {error!r}; is that a registry?") from error
            found += more
            if not more or not answer.headers.get("Link"):
                return found

    def _ask(
        self,
        method: str,
        path: str,
        expected: t.Collection[int],
        body: bytes | Path = b"",
        headers: t.Mapping[str, str] | None = None,
    ) -> Answer:
        end = time.monotonic() + self._patience
        while True:
            try:
                answer, why = self._send(method, path, body, {**(headers or {}), **self._access.basic}), ""
                if answer.status in expected:
                    return answer
                if answer.status not in BUSY:
                    raise MirrorError(self._refused(method, path, answer))
                why = f"HTTP {answer.status}"
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                if isinstance(error, FileNotFoundError):
                    raise
                why = str(error) or type(error).__name__
            if time.monotonic() > end:
                raise MirrorError(
                    f"{self.url} gives no answer for {self._patience:g} s: {why}; run this again, what was loaded stays"
                )
            self._say(f"{self.url}: {why}, waiting")
            time.sleep(min(PAUSE_SECONDS, self._patience))

    def _send(self, method: str, path: str, body: bytes | Path, headers: t.Mapping[str, str]) -> Answer:
        if isinstance(body, Path):
            with body.open("rb") as file:
                sized = {**headers, "Content-Length": str(body.stat().st_size)}
                self._connection.request(method, f"/v2/{path}", file, sized)
                return self._received()
        length = {} if method in ("GET", "HEAD") else {"Content-Length": str(len(body))}
        self._connection.request(method, f"/v2/{path}", body or None, {**headers, **length})
        return self._received()

    def _received(self) -> Answer:
        response = self._connection.getresponse()
        return Answer(response.status, response.headers, response.read(MOST_BYTES))

    def _refused(self, method: str, path: str, answer: Answer) -> str:
        if answer.status == 401:
            return f"{self.url} does not take the user and the password; correct them"
        said = answer.body[:SHOWN].decode(errors="replace").strip()
        return f"{self.url} answers {method} {path.partition('?')[0]} with {answer.status} {said}".rstrip()


def _connection(scheme: str, where: str, ca: str) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(where, timeout=REQUEST_SECONDS, blocksize=1 << 20)
    trusting = tls.context(cadata=ca or None)
    return http.client.HTTPSConnection(where, timeout=REQUEST_SECONDS, context=trusting, blocksize=1 << 20)
