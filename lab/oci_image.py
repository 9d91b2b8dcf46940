"""Container images as an OCI layout in one tar file; the same content gives the same bytes. Pure."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
INDEX = "application/vnd.oci.image.index.v1+json"
EPOCH = "1970-01-01T00:00:00Z"


@dataclass(frozen=True)
class Image:
    """One image: programs by path, symbolic links, and all the names it goes by."""

    names: Sequence[str]
    programs: Mapping[str, bytes]
    entrypoint: Sequence[str]
    description: str
    links: Mapping[str, str] = field(default_factory=dict)


def archive(images: Sequence[Image], arch: str) -> bytes:
    """An OCI layout that `ctr images import` and the real k3s's image directory take."""
    blobs: dict[str, bytes] = {}
    manifests = []
    platform = {"architecture": arch, "os": "linux"}
    for image in images:
        manifest = _add(blobs, MANIFEST, _manifest(blobs, image, arch))
        for name in image.names:
            annotations = {
                "io.containerd.image.name": name,
                "org.opencontainers.image.ref.name": name.rpartition(":")[2],
            }
            manifests.append({**manifest, "platform": platform, "annotations": annotations})
    files = {
        "oci-layout": _json({"imageLayoutVersion": "1.0.0"}),
        "index.json": _json({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}),
        **{f"blobs/sha256/{digest}": content for digest, content in sorted(blobs.items())},
    }
    return _tar(files, {}, 0o644)


def _manifest(blobs: dict[str, bytes], image: Image, arch: str) -> bytes:
    layer = _tar(image.programs, image.links, 0o755)
    config = {
        "architecture": arch,
        "os": "linux",
        "created": EPOCH,
        "config": {
            "Entrypoint": list(image.entrypoint),
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
            "WorkingDir": "/",
            "Labels": {"org.opencontainers.image.description": image.description},
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
        "history": [{"created": EPOCH, "created_by": "lab"}],
    }
    return _json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _add(blobs, CONFIG, _json(config)),
            "layers": [_add(blobs, LAYER, gzip.compress(layer, compresslevel=6, mtime=0))],
        }
    )


def _add(blobs: dict[str, bytes], media_type: str, content: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    blobs[digest] = content
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}


def _tar(files: Mapping[str, bytes], links: Mapping[str, str], mode: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for directory in _directories([*files, *links]):
            member = tarfile.TarInfo(directory)
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(member)
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), mode
            tar.addfile(member, io.BytesIO(content))
        for name, target in links.items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.mode = tarfile.SYMTYPE, target, 0o777
            tar.addfile(member)
    return buffer.getvalue()


def _directories(paths: Sequence[str]) -> list[str]:
    """Every directory above the paths, parents first."""
    found = set()
    for path in paths:
        parts = path.split("/")[:-1]
        found |= {"/".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
    return sorted(found)


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
