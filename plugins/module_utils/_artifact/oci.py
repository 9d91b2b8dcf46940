# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One file out of a container image, read with the pull part of the OCI distribution protocol."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
import typing as t
import urllib.error
from pathlib import Path, PurePosixPath

from .files import ChecksumError, require_sha256
from .transport import Headers, Transport, Unreachable, is_loopback

INDEX_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


class ImageError(Exception):
    """The image is not one that the file can be had from."""


class Registry:
    """One repository of a registry, read anonymously."""

    def __init__(self, image: str, transport: Transport) -> None:
        host, _slash, self._repository = image.partition("/")
        scheme = "http" if is_loopback(host.partition(":")[0]) else "https"
        self._base = f"{scheme}://{host}/v2/{self._repository}"
        self._transport = transport
        self._authorization: Headers = {}

    def manifest(self, reference: str) -> bytes:
        """The manifest that a tag or digest names, as bytes, for they are what a digest covers."""
        url = f"{self._base}/manifests/{reference}"
        headers = {"Accept": ", ".join(INDEX_TYPES + MANIFEST_TYPES)}
        with self._authorized(lambda: self._transport.open(url, headers, self._authorization)) as response:
            return bytes(response.read())

    def blob(self, digest: str, target: Path) -> None:
        """Download a blob, resuming what is there, and verify it."""
        url = f"{self._base}/blobs/{digest}"
        self._transport.download(url, target, self._authorization)
        try:
            require_sha256(target, digest.removeprefix("sha256:"), url)
        except ChecksumError:
            target.unlink()
            raise

    def _authorized(self, request: t.Callable[[], t.Any]) -> t.Any:
        try:
            return request()
        except urllib.error.HTTPError as error:
            challenge = error.headers.get("WWW-Authenticate", "")
            if error.code != 401 or not challenge.lower().startswith("bearer "):
                raise
        token_url, parameters = bearer_challenge(challenge)
        document = json.loads(self._transport.read(f"{token_url}?{parameters}"))
        self._authorization = {"Authorization": f"Bearer {document.get('token') or document['access_token']}"}
        return request()


def bearer_challenge(challenge: str) -> tuple[str, str]:
    """Where a registry's challenge sends us for a token, and with which query."""
    fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    if "realm" not in fields:
        raise ImageError(f"the registry's challenge has no realm: {challenge}")
    realm = fields.pop("realm")
    return realm, "&".join(f"{key}={value}" for key, value in fields.items() if key in ("service", "scope"))


def resolve_tag(image: str, tag: str, transport: Transport) -> str:
    """The digest that a tag names today."""
    return _digest(_read(Registry(image, transport).manifest, tag, image))


def extract(image: str, digest: str, path: str, arch: str, work: Path, transport: Transport) -> Path:
    """Fetch the image by digest and return the file at ``path`` of its ``arch`` variant, below ``work``."""
    registry = Registry(image, transport)
    manifest = _platform_manifest(registry, image, digest, arch, work)
    wanted = str(PurePosixPath(path)).lstrip("/")
    target = work / "file"
    # The topmost layer that mentions the file decides.
    for layer in reversed(manifest["layers"]):
        blob = work / layer["digest"].replace(":", "-")
        _blob(registry, layer["digest"], blob, image)
        found = _from_layer(blob, wanted, target)
        blob.unlink()
        if found is not None:
            if found:
                return target
            break
    raise ImageError(f"{image}@{digest} for {arch} has no file {path}")


def _platform_manifest(registry: Registry, image: str, digest: str, arch: str, work: Path) -> dict[str, t.Any]:
    document = _verified(registry, digest, image)
    if "manifests" in document:
        platforms = [entry.get("platform", {}) for entry in document["manifests"]]
        chosen = [
            entry["digest"]
            for entry, platform in zip(document["manifests"], platforms, strict=True)
            if (platform.get("os"), platform.get("architecture")) == ("linux", arch)
        ]
        if not chosen:
            raise ImageError(f"{image}@{digest} has no variant for linux/{arch}")
        return _verified(registry, chosen[0], image)
    config = work / "config"
    config.unlink(missing_ok=True)
    _blob(registry, document["config"]["digest"], config, image)
    found = json.loads(config.read_bytes()).get("architecture")
    if found != arch:
        raise ImageError(f"{image}@{digest} is for {found}; expected {arch} or an index that has it")
    return document


def _blob(registry: Registry, digest: str, target: Path, image: str) -> None:
    _read(lambda name: registry.blob(name, target), digest, image)


def _verified(registry: Registry, digest: str, image: str) -> dict[str, t.Any]:
    content = _read(registry.manifest, digest, image)
    if _digest(content) != digest:
        raise ChecksumError(f"{image}@{digest} is not what was pinned: found {_digest(content)}; refused")
    document: dict[str, t.Any] = json.loads(content)
    return document


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _read(read: t.Callable[[str], t.Any], reference: str, image: str) -> t.Any:
    try:
        return read(reference)
    except OSError as error:
        raise Unreachable(f"{image} {reference}: {error}") from error


def _from_layer(blob: Path, wanted: str, target: Path) -> bool | None:
    """True if the layer has the file, which is then in ``target``; False if it deletes it; None if it is silent."""
    whiteout = str(PurePosixPath(wanted).with_name(f".wh.{PurePosixPath(wanted).name}"))
    try:
        with tarfile.open(blob, "r:*") as layer:
            for member in layer:
                name = member.name.removeprefix("./").lstrip("/")
                if name == whiteout:
                    return False
                if name == wanted:
                    _write(layer, member, target)
                    return True
    except tarfile.ReadError as error:
        raise ImageError(f"layer {blob.name} can't be read: {error}; expected tar, plain or gzip") from error
    return None


def _write(layer: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    source = layer.extractfile(member) if member.isreg() else None
    if source is None:
        raise ImageError(f"{member.name} in the image is no regular file")
    with source, target.open("wb") as file:
        while chunk := source.read(1 << 20):
            file.write(chunk)
