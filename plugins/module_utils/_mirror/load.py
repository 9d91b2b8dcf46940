# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loads the images of a mirror into a registry: byte by byte as they are, so that their digests stay what they were."""

from __future__ import annotations

import json
import typing as t
from collections import Counter
from pathlib import Path

from .._artifact.registry import Document
from . import tree, trust
from .errors import MirrorError
from .images import INDEX_TYPE, MANIFEST_TYPE, NAME, ROOT, blob_path, named, reference
from .manifest import Manifest
from .place import component, repository
from .target import Target
from .tree import Fault

LAYOUT = f"{ROOT}/index.json"


class Image(t.NamedTuple):
    """One that a mirror has: how it is called, where a registry keeps it, by which tag, and what it is."""

    name: str
    repository: str
    tag: str
    digest: str


class Loaded(t.NamedTuple):
    """What was, or would be, done: names of images, what was sent, and what was removed as C(REPOSITORY:TAG)."""

    images: list[str]
    loaded: list[str]
    removed: list[str]
    blobs: int
    bytes: int

    @property
    def changed(self) -> bool:
        return bool(self.loaded or self.removed)


def run(
    directory: Path, target: Target, signers: t.Sequence[str], say: tree.Say, *, prune: bool = False, dry: bool = False
) -> Loaded:
    """Load what the registry lacks. Raises MirrorError; run again, it goes on where it was.

    An image of which a file is not as the manifest has it is named at the end, and nothing of it gets a name in the
    registry; the others are loaded.
    """
    manifest, _signer = trust.trusted(directory, signers)
    images = listed(directory, manifest)
    loading = _Loading(directory, manifest, target, say, dry)
    loaded = [image.name for image in images if loading.load(image)]
    removed = loading.pruned(images) if prune and not loading.wrong else []
    if loading.wrong:
        raise MirrorError(
            f"of {directory}, {tree.listed(sorted(loading.wrong))}: import the mirror again (mirror_action=import) and"
            " load it again; images that are whole were loaded"
        )
    return Loaded([image.name for image in images], loaded, removed, loading.sent["blobs"], loading.sent["bytes"])


def listed(directory: Path, manifest: Manifest) -> list[Image]:
    """Every image of a mirror, by name; none where it was collected without. Raises MirrorError."""
    entry = manifest.by_path.get(LAYOUT)
    if entry is None:
        return []
    if what := tree.fault(directory, entry):
        raise MirrorError(f"{directory}: {Fault(LAYOUT, what)}; import the mirror again (mirror_action=import)")
    tops = json.loads((directory / LAYOUT).read_bytes())["manifests"]
    return sorted(_image(top["annotations"][NAME], top["digest"]) for top in tops)


def _image(name: str, digest: str) -> Image:
    wanted = reference(name)
    # Without a tag it is found by its digest.
    return Image(name, repository(wanted), wanted.tag or digest, digest)


class _Loading:
    def __init__(self, directory: Path, manifest: Manifest, target: Target, say: tree.Say, dry: bool) -> None:
        self._directory, self._files, self._target = directory, manifest.by_path, target
        self._say, self._dry = say, dry
        self.wrong: set[Fault] = set()
        self.sent: Counter[str] = Counter()
        # Blobs that are there, and in which repository, so that no other one is sent them again.
        self._where: dict[str, str] = {}
        self._done: set[tuple[str, str]] = set()
        self._changes = 0

    def load(self, image: Image) -> bool:
        """Whether the image had to be loaded, or at least to be named; one that is not whole is not."""
        before = self._changes
        if not self._manifest(image.repository, image.digest):
            return False
        if self._target.manifest_digest(image.repository, image.tag) != image.digest:
            self._put(image.repository, image.tag, *self._read(image.digest))
        if self._changes == before:
            return False
        self._say(f"image {image.name}")
        return True

    def _manifest(self, repository: str, digest: str) -> bool:
        """A manifest with all that it names, which comes first: no registry takes it without. Whether it is whole."""
        if (repository, digest) in self._done:
            return True
        if self._fault(digest):
            return False
        content, document = self._read(digest)
        blobs = [*named(document, "config"), *named(document, "layers")]
        # All of it, so that everything that is wrong is named.
        whole = [self._manifest(repository, one["digest"]) for one in named(document, "manifests")]
        whole += [self._blob(repository, one["digest"]) for one in blobs]
        if not all(whole):
            return False
        if self._target.manifest_digest(repository, digest) != digest:
            self._put(repository, digest, content, document)
        self._done.add((repository, digest))
        return True

    def _blob(self, repository: str, digest: str) -> bool:
        if (repository, digest) in self._done:
            return True
        if not self._target.has_blob(repository, digest):
            if self._fault(digest):
                return False
            elsewhere, file = self._where.get(digest, ""), self._directory / blob_path(digest)
            self._changes += 1
            # Where nothing is written, another repository counts as one that has it.
            if not elsewhere if self._dry else self._target.put_blob(repository, digest, file, elsewhere):
                self.sent.update(blobs=1, bytes=file.stat().st_size)
        self._there(repository, digest)
        return True

    def _put(self, repository: str, wanted: str, content: bytes, document: Document) -> None:
        self._changes += 1
        if not self._dry:
            self._target.put_manifest(repository, wanted, content, _kind(document))

    def _there(self, repository: str, digest: str) -> None:
        self._done.add((repository, digest))
        self._where.setdefault(digest, repository)

    def _fault(self, digest: str) -> bool:
        """Whether a file is not the one of the manifest; it is named at the end."""
        path = blob_path(digest)
        entry = self._files.get(path)
        what = tree.fault(self._directory, entry) if entry else "missing"
        if what:
            self.wrong.add(Fault(path, what))
        return bool(what)

    def _read(self, digest: str) -> tuple[bytes, Document]:
        content = (self._directory / blob_path(digest)).read_bytes()
        return content, json.loads(content)

    def pruned(self, images: t.Sequence[Image]) -> list[str]:
        """Remove what has the name of a registry that the mirror has images of, and that it does not name."""
        registries = {component(reference(image.name).host) for image in images}
        wanted = {(image.repository, image.tag) for image in images}
        kept = {(image.repository, image.digest) for image in images}
        removed = []
        for there in self._target.repositories():
            if there.partition("/")[0] not in registries:
                continue
            for tag in sorted(self._target.tags(there)):
                digest = self._target.manifest_digest(there, tag)
                # A tag goes with what it names, which another one may name, too.
                if (there, tag) in wanted or (there, digest) in kept or not digest:
                    continue
                removed.append(f"{there}:{tag}")
                if not self._dry:
                    self._target.remove(there, digest)
        return removed


def _kind(document: Document) -> str:
    return str(document.get("mediaType") or (INDEX_TYPE if "manifests" in document else MANIFEST_TYPE))
