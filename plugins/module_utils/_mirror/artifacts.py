# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The programs of a mirror, as the artifact lookup finds them there, and archives of images that k3s imports."""

from __future__ import annotations

import shutil
import typing as t
from pathlib import Path

from .._artifact import catalog
from .._artifact.fetch import Fetcher, FetchError
from .._artifact.files import ChecksumError, sha256_of
from .._artifact.registry import ImageError
from .errors import MirrorError
from .manifest import Entry
from .store import Store
from .tree import Say

HOSTS = "hosts"
ROOT, AIRGAP = "artifacts", "airgap"
# Which k3s imports by the end of its name, that an artifact does not have.
IMAGES, IMAGES_FILE = "k3s-airgap-images", "k3s-airgap-images.tar.zst"

Described = t.Mapping[str, t.Any]


def place(name: str, version: str, arch: str) -> str:
    """Where an artifact is, below the mirror; as the lookup has it (C(catalog.pick))."""
    return f"{ROOT}/{name}/{version}/{arch}/{name}"


def image_name(image: Described) -> str:
    """What an archive of images is called on hosts."""
    return str(image.get("name") or Path(image["src"]).name)


def unpinned(artifacts: t.Iterable[Described], archs: t.Iterable[str]) -> list[str]:
    """What to do about each artifact that nobody knows a checksum of."""
    return [
        catalog.pin_advice(artifact["name"], artifact["version"], arch)
        for artifact in artifacts
        for arch in archs
        if not catalog.is_pinned(artifact["archs"][arch])
        # A file of this machine may be of one architecture alone.
        and artifact["archs"][arch]["kind"] != "path"
    ]


def collect(artifacts: t.Iterable[Described], archs: t.Sequence[str], store: Store, say: Say) -> list[Entry]:
    """Fetch what the mirror lacks, resuming what was begun. Raises MirrorError."""
    fetcher = Fetcher(store.work, say)
    return [_collected(artifact, arch, store, fetcher, say) for artifact in artifacts for arch in archs]


def planned(artifacts: t.Iterable[Described], archs: t.Sequence[str], store: Store) -> list[Entry]:
    """What C(collect) would bring; what is pinned by its image alone counts as unknown until it is there."""
    entries = []
    for artifact in artifacts:
        for arch in archs:
            sha256 = artifact["archs"][arch]["sha256"]
            path = place(artifact["name"], artifact["version"], arch)
            known = [one for one in store.former.entries if one.path == path and sha256 in ("", one.sha256)]
            entry = known[0] if known else _entry(artifact, arch, sha256 or "0" * 64, 0)
            entries.append(entry)
            if not known or not store.has(entry):
                store.note(entry)
    return entries


def collect_images(images: t.Iterable[Described], store: Store) -> list[Entry]:
    """Archives of images that the site has on this machine: C(src), C(sha256) and C(name)."""
    entries = []
    for image in images:
        source, name = Path(image["src"]), image_name(image)
        if not source.is_file():
            raise MirrorError(f"{source} of site_airgap_images is no file on this machine; correct its src")
        described = {"name": name, "version": "", "arch": "", "origin": str(source)}
        path = f"{AIRGAP}/{name}"
        entry = Entry(path, source.stat().st_size, image["sha256"], "airgap", **described, purpose=(HOSTS,))
        if not store.has(entry):
            try:
                store.put(source, entry, copied=True)
            except ChecksumError as error:
                raise MirrorError(f"{error}; correct site_airgap_images") from error
        entries.append(entry)
    return entries


def _collected(artifact: Described, arch: str, store: Store, fetcher: Fetcher, say: Say) -> Entry:
    name, version, described = artifact["name"], artifact["version"], artifact["archs"][arch]
    if entry := _there(artifact, arch, store, fetcher):
        return entry
    say(f"{name} {version} {arch}")
    try:
        obtained = fetcher.obtain(name, version, arch, described)
    except (FetchError, ChecksumError, ImageError) as error:
        raise MirrorError(str(error)) from error
    entry = _entry(artifact, arch, obtained.sha256 or sha256_of(obtained.path), obtained.path.stat().st_size)
    if not store.has(entry):
        store.put(obtained.path, entry, copied=described["kind"] == "path")
    return entry


def _there(artifact: Described, arch: str, store: Store, fetcher: Fetcher) -> Entry | None:
    """An artifact that the mirror has already, also of a collection that was cut off before it had a manifest."""
    name, version, described = artifact["name"], artifact["version"], artifact["archs"][arch]
    path = place(name, version, arch)
    sha256 = fetcher.known_sha256(name, version, arch, described)
    former = store.former.by_path.get(path)
    # One that is pinned by its image alone is known by what came of that.
    if not sha256 and former and former.origin == described["source"]:
        sha256 = former.sha256
    there = store.path(path, sha256) if sha256 else None
    entry = _entry(artifact, arch, sha256, there.stat().st_size) if there else None
    return entry if entry and store.has(entry) else None


def _entry(artifact: Described, arch: str, sha256: str, size: int) -> Entry:
    name, version = artifact["name"], artifact["version"]
    described = {"name": name, "version": version, "arch": arch, "origin": artifact["archs"][arch]["source"]}
    return Entry(place(name, version, arch), size, sha256, "artifact", **described, purpose=(HOSTS,))


def forget(store: Store) -> None:
    """Take away what was fetched and is in its place by now."""
    shutil.rmtree(store.work / "artifacts", ignore_errors=True)
