# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Collects a mirror: everything that is wanted, one kind after the other, and at the end the manifest."""

from __future__ import annotations

import tempfile
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._artifact.files import ChecksumError, locked
from . import artifacts, debian, files, images, signature, wheels
from .debian import Archive
from .errors import MirrorError
from .manifest import Entry
from .store import Result, Store
from .tree import Say

ARCHS = ("amd64", "arm64")


@dataclass(frozen=True)
class Wanted:
    """What a mirror is to have: artifacts as the lookup describes them, archives of images, parts of Debian, images of
    registries by name, files of Python's requirements, and other files by their checksums."""

    archs: tuple[str, ...]
    artifacts: tuple[t.Mapping[str, t.Any], ...] = ()
    airgap_images: tuple[t.Mapping[str, t.Any], ...] = ()
    debian: tuple[Archive, ...] = ()
    images: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    files: tuple[t.Mapping[str, t.Any], ...] = ()

    def collected_for(self) -> dict[str, t.Any]:
        """As the manifest has it."""
        return {
            "architectures": sorted(self.archs),
            "artifacts": sorted(f"{one['name']} {one['version']}" for one in self.artifacts),
            "airgap_images": sorted(map(artifacts.image_name, self.airgap_images)),
            "debian": {one.purpose: sorted(one.packages) for one in self.debian},
            "images": sorted(self.images),
            "files": sorted(one["name"] for one in self.files),
            "requirements": sorted(Path(file).name for file in self.requirements),
        }


def run(
    wanted: Wanted, directory: Path, say: Say, *, key: Path | None = None, prune: bool = False, dry: bool = False
) -> Result:
    """Collect, or with C(dry) tell what that would do. Raises MirrorError; run again, it goes on where it was."""
    if unpinned := artifacts.unpinned(wanted.artifacts, wanted.archs):
        raise MirrorError(f"nothing was transferred: {'; '.join(unpinned)}")
    if wrong := files.faults(wanted.files):
        raise MirrorError(f"nothing was transferred: {'; '.join(wrong)}")
    for image in wanted.images:
        images.reference(image)
    store = Store(directory, dry=dry)
    if key:
        # Now, and not after everything was fetched.
        signature.sign(b"", key)
    if dry:
        return store.finish(_planned(wanted, store), wanted.collected_for(), key=key, prune=prune)
    store.work.mkdir(parents=True, exist_ok=True)
    try:
        with locked(store.work / "mirror"):
            result = store.finish(_collected(wanted, store, say), wanted.collected_for(), key=key, prune=prune)
            artifacts.forget(store)
            return result
    except ChecksumError as error:
        raise MirrorError(str(error)) from error


def _collected(wanted: Wanted, store: Store, say: Say) -> list[Entry]:
    entries = artifacts.collect(wanted.artifacts, wanted.archs, store, say)
    entries += artifacts.collect_images(wanted.airgap_images, store)
    entries += files.collect(wanted.files, store, say)
    for archive in wanted.debian:
        work = _work(store.work, archive)
        debian.forget(work)
        entries += debian.collect(archive, store, work, say)
        debian.forget(work)
    if wanted.requirements:
        entries += wheels.collect(wanted.requirements, store, store.work / wheels.ROOT, say)
    return [*entries, *images.collect(wanted.images, store, say)]


def _planned(wanted: Wanted, store: Store) -> list[Entry]:
    entries = artifacts.planned(wanted.artifacts, wanted.archs, store)
    entries += artifacts.collect_images(wanted.airgap_images, store)
    entries += files.planned(wanted.files, store)
    if wanted.requirements:
        entries += wheels.planned(wanted.requirements, store)
    with tempfile.TemporaryDirectory(prefix="mirror-") as work:
        for archive in wanted.debian:
            entries += debian.planned(archive, store, _work(Path(work), archive))
        return [*entries, *images.planned(wanted.images, store, Path(work))]


def _work(work: Path, archive: Archive) -> Path:
    return (work / "debian" / archive.release / archive.arch).absolute()
