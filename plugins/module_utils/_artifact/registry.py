# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One repository of a registry, read with the pull part of the OCI distribution protocol."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import re
import typing as t
import urllib.error
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from .files import ChecksumError, require_sha256
from .transport import NO_HEADERS, Headers, NotFound, Transport, Unreachable, is_loopback

INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# What registries have to take at least, and most take no more.
MOST_BYTES = 4 << 20
_NEXT_PAGE = re.compile(r'<([^>]+)>;\s*rel="?next"?')

Document = dict[str, t.Any]


class ImageError(Exception):
    """The image is not one that the content can be had from."""


@dataclass(frozen=True)
class Access:
    """How a registry is asked: by HTTP alone (loopback always is), and as whom (anonymously, unless set)."""

    plain_http: bool = False
    username: str = ""
    password: str = field(default="", repr=False)

    @property
    def basic(self) -> Headers:
        """What tells a server who asks; nothing where nobody in particular does."""
        if not self.username:
            return {}
        login = f"{self.username}:{self.password}".encode()
        return {"Authorization": f"Basic {base64.b64encode(login).decode()}"}


ANONYMOUS = Access()


class Referrers(t.NamedTuple):
    """What is listed, and what went wrong with listing it; nothing did where a registry has no such list."""

    listed: list[Document]
    problems: list[str]


class Registry:
    """One repository. Errors are Unreachable, NotFound among them; content that is not as promised, ChecksumError."""

    def __init__(self, image: str, transport: Transport, access: Access = ANONYMOUS) -> None:
        host, _slash, repository = image.partition("/")
        plain = access.plain_http or is_loopback(host.partition(":")[0])
        self._server = f"{'http' if plain else 'https'}://{host}"
        self._base = f"{self._server}/v2/{repository}"
        self._image = image
        self._transport = transport
        self._access = access
        self._authorization: Headers = {}

    def manifest(self, reference: str) -> bytes:
        """The manifest that a tag or digest names, as bytes, for they are what a digest covers."""
        headers = {"Accept": ", ".join(INDEX_TYPES + MANIFEST_TYPES)}
        content = self._get(f"{self._base}/manifests/{reference}", reference, headers)
        if DIGEST.fullmatch(reference) and digest_of(content) != reference:
            raise ChecksumError(
                f"{self._image}@{reference} is not what was pinned: found {digest_of(content)}; refused"
            )
        return content

    def document(self, reference: str) -> Document:
        """The manifest as what it says; ImageError if it says nothing."""
        return self._parsed(self.manifest(reference), reference)

    def resolve(self, tag: str) -> str:
        """The digest that a tag names today."""
        return digest_of(self.manifest(tag))

    def blob(self, digest: str, target: Path) -> None:
        """Download a blob, resuming what is there, and verify it."""
        url = f"{self._base}/blobs/{digest}"
        self._transport.download(url, target, self._authorization)
        try:
            require_sha256(target, digest.removeprefix("sha256:"), url)
        except ChecksumError:
            target.unlink()
            raise

    def small_blob(self, digest: str) -> bytes:
        """A blob that fits into memory, verified."""
        content = self._get(f"{self._base}/blobs/{digest}", digest)
        if digest_of(content) != digest:
            raise ChecksumError(f"{self._image}@{digest} is not what was pinned: found {digest_of(content)}; refused")
        return content

    def referrers(self, digest: str) -> Referrers:
        """What says that it belongs to this digest, by the API for that or, without one, by the tag in its place.

        Registries without the API answer all sorts of things, as ghcr.io does with a redirect to a server that refuses;
        so whatever is no listing is none, and Unreachable is raised only if the tag can't be asked for either.
        Source: OCI distribution specification 1.1, "Listing Referrers" and "Referrers Tag Schema".
        """
        what = f"referrers of {digest}"
        problems: list[str] = []
        tag = f"{self._base}/manifests/{digest.replace(':', '-')}"
        for url in (f"{self._base}/referrers/{digest}", tag):
            try:
                document = self._parsed(self._get(url, what, {"Accept": INDEX_TYPES[0]}), what)
                if "manifests" not in document:
                    raise ImageError(f"{self._image} {what} is no index")
                return Referrers(descriptors(document, "manifests"), problems)
            except NotFound:
                continue
            except ImageError as error:
                problems.append(str(error))
            except Unreachable as error:
                if url == tag:
                    raise
                problems.append(str(error))
        return Referrers([], problems)

    def tags(self) -> list[str]:
        """Every tag of the repository."""
        found: list[str] = []
        url = f"{self._base}/tags/list?n=1000"
        while url:
            content, headers = self._read(url, "tags")
            found += [str(tag) for tag in self._parsed(content, "tags").get("tags") or []]
            following = _NEXT_PAGE.search(headers.get("Link", ""))
            url = self._next(url, following[1]) if following else ""
        return found

    def _next(self, url: str, link: str) -> str:
        """The next page; a registry behind a proxy may know another scheme of itself, and no other server is asked."""
        page = urlsplit(urljoin(url, link))
        if page.netloc != urlsplit(self._server).netloc:
            raise ImageError(f"{self._image} tags has its next page at {page.netloc}, which is another server")
        return f"{self._server}{page.path}?{page.query}"

    def _parsed(self, content: bytes, what: str) -> Document:
        try:
            document = json.loads(content)
        except ValueError as error:
            raise ImageError(f"{self._image} {what} is no JSON: {error}") from error
        if not isinstance(document, dict):
            raise ImageError(f"{self._image} {what} is no JSON object")
        return document

    def _get(self, url: str, what: str, headers: Headers = NO_HEADERS) -> bytes:
        return self._read(url, what, headers)[0]

    def _read(self, url: str, what: str, headers: Headers = NO_HEADERS) -> tuple[bytes, t.Any]:
        """The content, and the headers that came with it."""
        try:
            with self._authorized(lambda: self._transport.open(url, headers, self._authorization)) as response:
                content, received = bytes(response.read(MOST_BYTES + 1)), response.headers
        except urllib.error.HTTPError as error:
            kind = NotFound if error.code == 404 else Unreachable
            raise kind(f"{self._image} {what}: {error}") from error
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{self._image} {what}: {error}") from error
        if len(content) > MOST_BYTES:
            raise ImageError(f"{self._image} {what} has more than {MOST_BYTES >> 20} MiB")
        return content, received

    def _authorized(self, request: t.Callable[[], t.Any]) -> t.Any:
        try:
            return request()
        except urllib.error.HTTPError as error:
            challenge = error.headers.get("WWW-Authenticate", "")
            if error.code != 401:
                raise
            self._authorization = self._answer(challenge)
            if not self._authorization:
                raise
        return request()

    def _answer(self, challenge: str) -> Headers:
        """What a registry wants to see, if it is something that there is."""
        basic = self._access.basic
        if challenge.lower().startswith("basic "):
            return basic
        if not challenge.lower().startswith("bearer "):
            return {}
        token_url, parameters = bearer_challenge(challenge)
        with self._transport.open(f"{token_url}?{parameters}", {}, basic) as response:
            document = self._parsed(response.read(MOST_BYTES), f"token of {token_url}")
        token = document.get("token") or document.get("access_token")
        if not isinstance(token, str):
            raise ImageError(
                f"{self._image} gets no token of {token_url}: its answer has neither token nor access_token"
            )
        return {"Authorization": f"Bearer {token}"}


def bearer_challenge(challenge: str) -> tuple[str, str]:
    """Where a registry's challenge sends us for a token, and with which query."""
    fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    if not fields.get("realm", "").startswith(("https://", "http://")):
        raise ImageError(f"the registry's challenge has no realm that is a URL: {challenge}")
    realm = fields.pop("realm")
    return realm, "&".join(f"{key}={value}" for key, value in fields.items() if key in ("service", "scope"))


def descriptors(document: Document, key: str) -> list[Document]:
    """The descriptors, such as layers, that a manifest or index has at a key; those without a digest are none."""
    listed = document.get(key)
    found = listed if isinstance(listed, list) else []
    return [one for one in found if isinstance(one, dict) and DIGEST.fullmatch(str(one.get("digest")))]


def digest_of(content: bytes) -> str:
    """The digest of a manifest or blob."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
