# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images and other artifacts of registries, as one OCI image layout whose blobs all of them share.

Byte by byte as they were published, so that they are found by the same digests where they are served again.
Source: OCI image specification 1.1, "Image Layout Specification".
"""

from __future__ import annotations

import contextlib
import json
import typing as t
from pathlib import Path

from .._artifact.files import ChecksumError
from .._artifact.registry import Access, ImageError, Registry, descriptors, digest_of
from .._artifact.transport import NotFound, Transport, Unreachable
from .._release.errors import ReleaseError
from .._release.reference import OCI, Reference, parse
from .errors import MirrorError
from .manifest import Entry
from .store import Store
from .tree import Say

ROOT = "images"
PURPOSE = "registry"
NAME = "org.opencontainers.image.ref.name"
# Who answers for a registry that has another name in references.
SERVERS = {"docker.io": "registry-1.docker.io"}
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


def reference(text: str) -> Reference:
    """What an image is called; without a registry it is Docker's, as everywhere. Raises MirrorError."""
    first, slash, _rest = text.removeprefix(OCI).partition("/")
    if not slash:
        text = f"docker.io/library/{text}"
    elif not {".", ":"} & set(first) and first != "localhost":
        text = f"docker.io/{text}"
    try:
        return parse(text)
    except ReleaseError as error:
        raise MirrorError(str(error)) from error


def collect(names: t.Iterable[str], store: Store, say: Say) -> list[Entry]:
    """Fetch what the mirror lacks of images, resuming what was begun. Raises MirrorError."""
    work = store.work / ROOT
    work.mkdir(parents=True, exist_ok=True)
    return _all(names, store, Transport(store.work / "unreachable", say), work, say)


def planned(names: t.Iterable[str], store: Store, work: Path) -> list[Entry]:
    """What C(collect) would bring. Manifests are read, and only C(work) is written."""
    return _all(names, store, Transport(work / "unreachable"), work, say=None)


def _all(names: t.Iterable[str], store: Store, transport: Transport, work: Path, say: Say | None) -> list[Entry]:
    entries: list[Entry] = []
    listed = []
    for wanted in sorted({reference(name) for name in names}, key=str):
        image = _Image(wanted, store, transport, work, say)
        found, tops = image.collected()
        entries += found
        listed += [{**top, "annotations": {NAME: called}} for called, top in tops.items()]
    if not listed:
        return []
    texts = {
        "index.json": {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": listed},
        "oci-layout": {"imageLayoutVersion": "1.0.0"},
    }
    for file, document in texts.items():
        content = json.dumps(document, sort_keys=True).encode()
        described = {"name": file, "version": "", "arch": "", "origin": "collected"}
        entry = Entry(
            f"{ROOT}/{file}", len(content), _hex(digest_of(content)), "image", **described, purpose=(PURPOSE,)
        )
        _put(entry, content, store, work)
        entries.append(entry)
    return entries


class _Image:
    """One image, with all of its platforms."""

    def __init__(self, wanted: Reference, store: Store, transport: Transport, work: Path, say: Say | None) -> None:
        server = SERVERS.get(wanted.host, wanted.host)
        self._wanted, self._store, self._work, self._say = wanted, store, work, say
        self._registry = Registry(f"{server}{wanted.repository.removeprefix(wanted.host)}", transport, Access())
        self._entries: list[Entry] = []

    def collected(self) -> tuple[list[Entry], dict[str, t.Any]]:
        """Its files, and the descriptors of what its name stands for and of what has signed that, by their names."""
        try:
            if self._say:
                self._say(f"image {self._wanted}")
            digest = self._wanted.digest or self._registry.resolve(self._wanted.tag)
            tops = {str(self._wanted): self._manifest(digest)}
            for tag in _signatures(digest):
                with contextlib.suppress(NotFound):
                    tops[f"{self._wanted.repository}:{tag}"] = self._manifest(self._registry.resolve(tag))
            return self._entries, tops
        except Unreachable as error:
            raise MirrorError(f"the image {self._wanted} can't be had: {error}; run this again") from error
        except (ChecksumError, ImageError, ValueError, KeyError) as error:
            raise MirrorError(f"the image {self._wanted}: {error}") from error

    def _manifest(self, digest: str) -> dict[str, t.Any]:
        """A manifest with all that it names; what it names comes first, so that no manifest is there without that."""
        content = self._content(digest)
        document = json.loads(content)
        for one in named(document, "manifests"):
            self._manifest(one["digest"])
        for one in [*named(document, "config"), *named(document, "layers")]:
            self._blob(one)
        entry = self._entry(digest, len(content))
        _put(entry, content, self._store, self._work)
        self._entries.append(entry)
        kind = document.get("mediaType") or (INDEX_TYPE if "manifests" in document else MANIFEST_TYPE)
        return {"mediaType": kind, "digest": digest, "size": len(content)}

    def _content(self, digest: str) -> bytes:
        path = blob_path(digest)
        there = self._store.path(path, _hex(digest))
        return there.read_bytes() if there else self._registry.manifest(digest)

    def _blob(self, described: t.Mapping[str, t.Any]) -> None:
        entry = self._entry(described["digest"], int(described["size"]))
        self._entries.append(entry)
        if self._store.has(entry):
            return
        if self._say is None:
            self._store.note(entry)
            return
        part = self._work / entry.sha256
        self._registry.blob(described["digest"], part)
        if part.stat().st_size != entry.bytes:
            raise ImageError(f"{described['digest']} has {part.stat().st_size} bytes; its manifest says {entry.bytes}")
        self._store.put(part, entry)

    def _entry(self, digest: str, size: int) -> Entry:
        version = self._wanted.tag or self._wanted.digest
        described = {"name": self._wanted.repository, "version": version, "arch": "", "origin": str(self._wanted)}
        return Entry(blob_path(digest), size, _hex(digest), "image", **described, purpose=(PURPOSE,))


def named(document: t.Mapping[str, t.Any], key: str) -> list[dict[str, t.Any]]:
    """What a manifest names there. Raises ImageError for what has no digest of its content, which is a file's name."""
    there = document.get(key) or []
    listed = there if isinstance(there, list) else [there]
    found = descriptors({key: listed}, key)
    if len(found) != len(listed):
        raise ImageError(f"its manifest has {key} without a digest as OCI has it, sha256:...")
    return found


def _signatures(digest: str) -> tuple[str, str]:
    """The tags by which cosign finds its signatures, of the older format and of the newer one.

    Source: cosign, "Signature Specification", and OCI distribution specification 1.1, "Referrers Tag Schema".
    """
    tag = digest.replace(":", "-")
    return f"{tag}.sig", tag


def _put(entry: Entry, content: bytes, store: Store, work: Path) -> None:
    """A file whose content is known already."""
    if store.has(entry):
        return
    part = work / f"{entry.sha256}.text"
    part.write_bytes(content)
    store.put(part, entry)


def blob_path(digest: str) -> str:
    return f"{ROOT}/blobs/sha256/{_hex(digest)}"


def _hex(digest: str) -> str:
    return digest.removeprefix("sha256:")
