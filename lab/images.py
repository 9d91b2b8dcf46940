"""The images of pods that the playbooks run in the cluster, made here since the lab's hosts reach no registry.

They go by the names that k3s asks for. What is inside says so itself: a program of the lab's own version.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab import build, oci_image
from lab.oci_image import Image
from lab.progress import Progress

# k3s 1.34 to 1.36 ask for one of these tags each, the stand-in for the first.
COREDNS_TAGS = ("1.15.0", "1.13.1", "1.14.0", "1.14.2", "1.14.3", "1.14.4", "1.14.6")
LOCAL_PATH_TAGS = ("v0.0.30", "v0.0.32", "v0.0.33", "v0.0.34", "v0.0.35", "v0.0.36")
BUSYBOX_TAGS = ("1.37.0", "1.36.1")
PAUSE_TAGS = ("3.6", "3.10.2")
# As the role grafana asks for it.
GRAFANA_TAGS = ("12.4.3",)

BUILDS = ("pause", "coredns", "local-path-provisioner", "grafana")


def ensure(cache: Path, base: Path) -> Path:
    """One archive with all images, made once for the same builds and the same base tree."""
    arch = build.machine_arch()
    builds = [build.ensure(name, cache) for name in BUILDS]
    busybox = base / "usr/bin/busybox"
    key = hashlib.sha256("\n".join([arch, *(path.name for path in builds), base.name]).encode())
    for source in (Path(__file__), Path(oci_image.__file__)):
        key.update(source.read_bytes())
    archive = cache / "images" / f"lab-images-{key.hexdigest()[:16]}.tar"
    if not archive.exists():
        progress = Progress("container images")
        programs = {name: (path / name).read_bytes() for path, name in zip(builds, BUILDS, strict=True)}
        images = _images(programs, busybox.read_bytes(), _applets(busybox))
        _write(archive, oci_image.archive(images, arch))
        progress.done(f"{archive.stat().st_size >> 20} MiB in {archive}")
    return archive


def _images(programs: Mapping[str, bytes], busybox: bytes, applets: Sequence[str]) -> list[Image]:
    coredns_version = build.BUILDS["coredns"].version
    local_path_version = build.BUILDS["local-path-provisioner"].version
    return [
        Image(
            names=_names("rancher/mirrored-pause", PAUSE_TAGS),
            programs={"pause": programs["pause"]},
            entrypoint=["/pause"],
            description="pause of the lab",
        ),
        Image(
            names=_names("rancher/mirrored-coredns-coredns", COREDNS_TAGS),
            programs={"coredns": programs["coredns"]},
            entrypoint=["/coredns"],
            description=f"CoreDNS {coredns_version}, built by the lab",
        ),
        Image(
            names=_names("rancher/local-path-provisioner", LOCAL_PATH_TAGS),
            programs={"usr/bin/local-path-provisioner": programs["local-path-provisioner"]},
            entrypoint=["local-path-provisioner"],
            description=f"local-path-provisioner {local_path_version}, built by the lab",
        ),
        Image(
            names=_names("rancher/mirrored-library-busybox", BUSYBOX_TAGS),
            programs={"bin/busybox": busybox},
            links={f"bin/{applet}": "busybox" for applet in applets},
            entrypoint=["/bin/sh"],
            description="Debian's busybox-static",
        ),
        Image(
            names=_names("grafana/grafana", GRAFANA_TAGS),
            programs={"grafana": programs["grafana"]},
            entrypoint=["/grafana"],
            description="stand-in for Grafana, of the lab",
        ),
    ]


def _names(repository: str, tags: Sequence[str]) -> list[str]:
    return [f"docker.io/{repository}:{tag}" for tag in tags]


def _applets(busybox: Path) -> list[str]:
    listed = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    return sorted(set(listed) - {"busybox"})


def _write(archive: Path, content: bytes) -> None:
    archive.parent.mkdir(parents=True, exist_ok=True)
    part = archive.with_name(f".{archive.name}.{os.getpid()}")
    part.write_bytes(content)
    part.rename(archive)
