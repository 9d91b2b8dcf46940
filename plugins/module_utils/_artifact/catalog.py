# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which source and which checksum an artifact has: catalogue and site overrides in, one description out."""

from __future__ import annotations

import posixpath
import re
import typing as t
from urllib.parse import quote

ARCHS = ("amd64", "arm64")
KINDS = ("file", "oci_file")
OVERRIDE_KEYS = ("path", "url", "digest", "sha256", "origin")

_SHA256 = re.compile(r"[0-9a-f]{64}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

Mapping = t.Mapping[str, t.Any]
Described = dict[str, t.Any]


class CatalogError(ValueError):
    """The catalogue or an override does not describe the artifact that was asked for."""


def pick(catalog: Mapping, name: str, version: str, overrides: Mapping | None = None, mirror: str = "") -> Described:
    """Describe ``name`` at ``version`` for every architecture that catalogue or overrides know."""
    if name not in catalog:
        raise CatalogError(f"artifact {name!r} is unknown; expected one of {', '.join(sorted(catalog))}")
    entry = catalog[name]
    overriding = ((overrides or {}).get(name) or {}).get(version) or {}
    if version not in entry["versions"] and not overriding:
        raise CatalogError(
            f"{name} {version!r} is not in artifacts.yml, which has {', '.join(entry['versions'])}; "
            f"add the version there and run make pin, or give it in site_artifacts.{name}"
        )
    unknown = sorted(set(overriding) - set(ARCHS))
    if unknown:
        raise CatalogError(
            f"site_artifacts.{name}[{version!r}] has {', '.join(unknown)}; expected architectures: {', '.join(ARCHS)}"
        )
    archs = {}
    for arch in ARCHS:
        described = _from_catalog(name, entry, version, arch)
        if arch in overriding:
            described = _override(described, overriding[arch], f"site_artifacts.{name}[{version!r}].{arch}")
        if mirror and described["kind"] != "path":
            place = f"{name}/{version}/{arch}/{name}"
            described["mirror"] = f"{mirror.rstrip('/')}/{quote(place) if '://' in mirror else place}"
        archs[arch] = described
    return {"name": name, "version": version, "archs": archs, "provenance": _provenance(archs)}


def tag(entry: Mapping, version: str) -> str:
    """What the image of a version is called by its makers, who may leave out the v."""
    return str(entry.get("tag", "{version}")).format(version=version, number=version.removeprefix("v"))


def checksum_url(entry: Mapping, version: str, arch: str) -> str:
    """Where a release publishes its own checksums, if it does."""
    return str(entry.get("checksums", "")).format(version=quote(version), arch=arch)


def listed_checksum(listed: str, file: str) -> str:
    """The checksum of ``file`` in a release's list, whose lines are `CHECKSUM  FILE`, wherever the release had it."""
    for line in listed.splitlines():
        checksum, _separator, name = line.strip().partition(" ")
        if posixpath.basename(name.strip().lstrip("*")) == file and _SHA256.fullmatch(checksum):
            return checksum
    raise CatalogError(f"the release's list of checksums has none for {file}")


def is_pinned(described: Mapping) -> bool:
    """Whether the content is known well enough to be installed."""
    return bool(described.get("sha256") or described.get("digest"))


def pin_advice(name: str, version: str, arch: str) -> str:
    """What to do about a checksum that nobody has verified yet."""
    return (
        f"no checksum is known for {name} {version} {arch}, so it is not installed: run make pin on a machine that "
        f"reaches the release, or set site_artifacts.{name}[{version!r}].{arch}.sha256"
    )


def _from_catalog(name: str, entry: Mapping, version: str, arch: str) -> Described:
    if entry.get("kind") not in KINDS:
        raise CatalogError(f"{name} in artifacts.yml has kind {entry.get('kind')!r}; expected {' or '.join(KINDS)}")
    pins = entry["versions"].get(version, {})
    described = {"kind": entry["kind"], "sha256": pins.get("sha256", {}).get(arch, "")}
    if entry["kind"] == "file":
        file = entry["file"][arch]
        described["url"] = entry["url"].format(version=quote(version), arch=arch, file=file)
        described["source"] = f"release {described['url']}"
    else:
        described.update(image=entry["image"], path=entry["path"], digest=pins.get("digest", ""))
        described["source"] = f"image {entry['image']}:{tag(entry, version)}"
    return _checked(described, f"{name} {version} {arch} in artifacts.yml")


def _override(described: Described, override: Mapping, where: str) -> Described:
    unknown = sorted(set(override) - set(OVERRIDE_KEYS))
    if unknown:
        raise CatalogError(f"{where} has {', '.join(unknown)}; expected only {', '.join(OVERRIDE_KEYS)}")
    if "path" in override:
        if not str(override["path"]).startswith("/"):
            raise CatalogError(f"{where}.path is {override['path']!r}; expected an absolute path on the controller")
        described = {"kind": "path", "path": override["path"], "sha256": ""}
        described["source"] = f"file {override['path']}"
    elif "url" in override:
        described = {"kind": "file", "url": override["url"], "sha256": "", "source": f"release {override['url']}"}
    described.update({key: override[key] for key in ("sha256", "digest") if key in override})
    if override.get("origin"):
        described["source"] = override["origin"]
    return _checked(described, where)


def _checked(described: Described, where: str) -> Described:
    for key, pattern in (("sha256", _SHA256), ("digest", _DIGEST)):
        value = described.get(key, "")
        if value and not pattern.fullmatch(str(value)):
            raise CatalogError(f"{where}: {key} is {value!r}; expected {pattern.pattern} or nothing")
    return described


def _provenance(archs: Mapping) -> str:
    return "; ".join(sorted({described["source"] for described in archs.values()}))
