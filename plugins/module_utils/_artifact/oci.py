# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One file out of a container image."""

from __future__ import annotations

import json
import tarfile
import typing as t
from pathlib import Path, PurePosixPath

from .registry import ImageError, Registry
from .transport import Transport


def resolve_tag(image: str, tag: str, transport: Transport) -> str:
    """The digest that a tag names today."""
    return Registry(image, transport).resolve(tag)


def extract(image: str, digest: str, path: str, arch: str, work: Path, transport: Transport) -> Path:
    """Fetch the image by digest and return the file at ``path`` of its ``arch`` variant, below ``work``."""
    registry = Registry(image, transport)
    manifest = _platform_manifest(registry, image, digest, arch, work)
    wanted = str(PurePosixPath(path)).lstrip("/")
    target = work / "file"
    # The topmost layer that mentions the file decides.
    for layer in reversed(manifest["layers"]):
        blob = work / layer["digest"].replace(":", "-")
        registry.blob(layer["digest"], blob)
        found = _from_layer(blob, wanted, target)
        blob.unlink()
        if found is not None:
            if found:
                return target
            break
    raise ImageError(f"{image}@{digest} for {arch} has no file {path}")


def _platform_manifest(registry: Registry, image: str, digest: str, arch: str, work: Path) -> dict[str, t.Any]:
    document: dict[str, t.Any] = json.loads(registry.manifest(digest))
    if "manifests" in document:
        platforms = [entry.get("platform", {}) for entry in document["manifests"]]
        chosen = [
            entry["digest"]
            for entry, platform in zip(document["manifests"], platforms, strict=True)
            if (platform.get("os"), platform.get("architecture")) == ("linux", arch)
        ]
        if not chosen:
            raise ImageError(f"{image}@{digest} has no variant for linux/{arch}")
        chosen_one: dict[str, t.Any] = json.loads(registry.manifest(chosen[0]))
        return chosen_one
    config = work / "config"
    config.unlink(missing_ok=True)
    registry.blob(document["config"]["digest"], config)
    found = json.loads(config.read_bytes()).get("architecture")
    if found != arch:
        raise ImageError(f"{image}@{digest} is for {found}; expected {arch} or an index that has it")
    return document


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
