# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a site without a way out takes from its mirror, and what the mirror lacks."""

from __future__ import annotations

import typing as t
from pathlib import Path

from . import artifacts
from .errors import MirrorError
from .manifest import Manifest

Described = t.Mapping[str, t.Any]


def taken(artifact: Described, manifest: Manifest, directory: Path) -> dict[str, t.Any]:
    """An artifact as the lookup describes it, whose files are those of the mirror and nothing else.

    Raises MirrorError where the mirror has another content than the one that is pinned.
    """
    name, version = artifact["name"], artifact["version"]
    archs = {}
    for arch, described in artifact["archs"].items():
        path = artifacts.place(name, version, arch)
        entry = manifest.by_path.get(path)
        if entry and described["sha256"] not in ("", entry.sha256):
            raise MirrorError(
                f"the mirror has {name} {version} {arch} with the sha256 {entry.sha256}; expected"
                f" {described['sha256']}, as it is pinned: collect the mirror anew"
            )
        source = f"mirror {directory}, from {entry.origin}" if entry else f"mirror {directory}, which lacks it"
        # A file of this machine asks nobody outside either.
        mirrored = {"kind": "path", "path": str(directory / path), "sha256": entry.sha256 if entry else ""}
        archs[arch] = {**mirrored, "source": source} if entry or described["kind"] != "path" else dict(described)
    provenance = "; ".join(sorted({described["source"] for described in archs.values()}))
    return {**artifact, "archs": archs, "provenance": provenance}


def lacking(manifest: Manifest, wanted: t.Mapping[str, str], arch: str = "") -> list[str]:
    """Artifacts, by name and version, that a mirror has for no architecture, or not for this one."""
    there = {(entry.name, entry.version, entry.arch) for entry in manifest.of_kind("artifact")}
    some = {(name, version) for name, version, _arch in there}
    return [
        f"{name} {version}{' ' + arch if arch else ''}"
        for name, version in wanted.items()
        if ((name, version, arch) not in there if arch else (name, version) not in some)
    ]


def absent_files(manifest: Manifest, directory: Path) -> list[str]:
    """Files that are not there, or of another size; their bytes are read when they are used."""
    found = []
    for entry in manifest.entries:
        path = directory / entry.path
        if path.is_symlink() or not path.is_file() or path.stat().st_size != entry.bytes:
            found.append(entry.path)
    return found


def purposes(manifest: Manifest) -> list[str]:
    """The releases of Debian that a mirror has packages of, each with its architecture."""
    return sorted({one for entry in manifest.of_kind("index") for one in entry.purpose})


def images(
    manifest: Manifest, directory: Path, given: t.Sequence[Described], version: str, arch: str
) -> list[dict[str, str]]:
    """The archives of images that k3s is brought, as C(name), C(src) and C(sha256): those that the inventory names, or
    the one of k3s' own release for an architecture (C(amd64)), which may be empty where the mirror has one alone.

    Raises MirrorError for what the mirror lacks, or has another content of.
    """
    if given:
        return [_image(manifest, directory, one) for one in given]
    found = [
        entry
        for entry in manifest.of_kind("artifact")
        if (entry.name, entry.version) == (artifacts.IMAGES, version) and arch in ("", entry.arch)
    ]
    if len(found) != 1:
        raise MirrorError(
            f"the mirror has {artifacts.IMAGES} {version} for {', '.join(one.arch for one in found) or 'nobody'};"
            f" expected one for {arch or 'the hosts'}: collect the mirror anew, or name archives in site_airgap_images"
        )
    (entry,) = found
    return [{"name": artifacts.IMAGES_FILE, "src": str(directory / entry.path), "sha256": entry.sha256}]


def _image(manifest: Manifest, directory: Path, given: Described) -> dict[str, str]:
    name = artifacts.image_name(given)
    entry = manifest.by_path.get(f"{artifacts.AIRGAP}/{name}")
    if entry is None or entry.sha256 != given["sha256"]:
        found = entry.sha256 if entry else "nothing"
        raise MirrorError(f"the mirror has {found} as {name}; expected {given['sha256']}: collect the mirror anew")
    return {"name": name, "src": str(directory / entry.path), "sha256": entry.sha256}
