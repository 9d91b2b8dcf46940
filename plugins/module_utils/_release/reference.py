# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a release vector or a role comes from, as it is written, and which registry is asked for it. Pure."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from urllib.parse import urlsplit

from .._artifact.registry import DIGEST, Access
from .errors import ReleaseError

OCI = "oci://"
PORTS = range(1, 1 << 16)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_REPOSITORY = re.compile(r"[A-Za-z0-9.-]+(?::(?P<port>\d+))?(/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)+")


@dataclass(frozen=True)
class Reference:
    """An artifact of a registry: C(HOST/REPOSITORY), and a tag or a digest or both, of which the digest decides."""

    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def host(self) -> str:
        return self.repository.partition("/")[0]

    def __str__(self) -> str:
        return self.repository + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


@dataclass(frozen=True)
class Mirror:
    """Who has the repositories below a prefix, such as C(ghcr.io), below which of its own, and how it is asked."""

    prefix: str
    location: str
    access: Access


def kind(url: str) -> str:
    """C(oci), C(url) or C(file)."""
    if url.startswith(OCI):
        return "oci"
    return "url" if url.startswith(("https://", "http://")) else "file"


def host(url: str) -> str:
    """Who is asked for what is at a URL, with the port if it has one; nobody for a file."""
    name = kind(url)
    if name == "oci":
        return parse(url).host
    return urlsplit(url).netloc if name == "url" else ""


def parse(text: str) -> Reference:
    """C(HOST/REPOSITORY:TAG), C(HOST/REPOSITORY@DIGEST) or both, with or without C(oci://)."""
    expected = "expected oci://HOST/REPOSITORY:TAG, with or instead of the tag @sha256:..."
    name, at, digest = text.removeprefix(OCI).partition("@")
    head, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        head, tag = name, ""
    found = _REPOSITORY.fullmatch(head)
    if not found or (tag and not _TAG.fullmatch(tag)) or (at and not DIGEST.fullmatch(digest)):
        raise ReleaseError(f"{text} is no reference to an OCI artifact; {expected}")
    if int(found["port"] or 443) not in PORTS:
        raise ReleaseError(f"{text} has the port {found['port']}; expected one from {PORTS.start} to {PORTS.stop - 1}")
    if not tag and not digest:
        raise ReleaseError(f"{text} has neither tag nor digest; {expected}")
    return Reference(head, tag, digest)


def without_credentials(url: str) -> str:
    """The URL, which may have no login in it, because it is shown and recorded."""
    try:
        parts = urlsplit(url)
        login, _port = parts.username, parts.port
    except ValueError as error:
        raise ReleaseError(f"a URL is none: {error}; expected https://HOST/PATH") from error
    if login is not None:
        raise ReleaseError(f"the URL for {parts.hostname} has a login in it; expected one without")
    return url


def asked(reference: Reference, mirrors: t.Sequence[Mirror], access: Access) -> tuple[str, Access]:
    """The repository that is asked in fact, and how; of several mirrors the one with the longest prefix."""
    for mirror in sorted(mirrors, key=lambda one: len(one.prefix), reverse=True):
        if f"{reference.repository}/".startswith(f"{mirror.prefix}/"):
            rest = reference.repository[len(mirror.prefix) :]
            return f"{mirror.location.rstrip('/')}{rest}", mirror.access
    return reference.repository, access
