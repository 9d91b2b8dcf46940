"""Finds every artifact of the lab: cache → mirror → release → Go build, and for k3s alone the stand-in.

What was found is written as variables of the inventory, so that the roles see plain local files with checksums.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lab import build, images, payload
from lab.errors import LabError
from lab.k3s.pack import pack
from lab.settings import REPOSITORY, Settings
from plugins.module_utils._artifact import catalog, oci
from plugins.module_utils._artifact.fetch import Fetcher, FetchError
from plugins.module_utils._artifact.files import ChecksumError, sha256_of
from plugins.module_utils._artifact.transport import Transport, Unreachable

CATALOG = REPOSITORY / "artifacts.yml"
ETCD = "etcd"
BESIDES = "k3s-besides.json"
# A cluster of stores for metrics: the lab does without, unless they are given.
CLUSTER = ("vmstorage", "vmselect", "vminsert")
# Images of k3s come from this machine (lab/images.py).
IMAGES = "k3s-airgap-images"
# The lab has the registry of its Debian.
REGISTRY = "distribution"
ELSEWHERE = ("k3s", IMAGES, REGISTRY, *CLUSTER)
K3S_VERSION = re.compile(r"v\d+\.\d+\.\d+(-rc\d+)?\+k3s\d+")


@dataclass(frozen=True)
class Found:
    """A file on this machine that the roles can install, and where it came from."""

    name: str
    version: str
    path: Path
    origin: str


class Artifacts:
    def __init__(self, cache: Path, payload: Path, environ: Mapping[str, str] = os.environ) -> None:
        self._cache = cache
        self._payload = payload
        self._environ = environ
        self._arch = build.machine_arch()
        self._catalog: dict[str, Any] = yaml.safe_load(CATALOG.read_text())
        self._fetcher = Fetcher(cache, print)
        self._transport = Transport(cache / "unreachable", print)

    def find(self, besides: Sequence[str] = ()) -> list[Found]:
        """All artifacts, k3s in every version there is a real one of, in the lab's own and in those named `besides`."""
        k3s = {version: self._real_or_released(version) for version in self._k3s_versions(besides)}
        others = {name: self._released_unless_built(name) for name in self._catalog if name not in ELSEWHERE}
        builds = [name for name, found in others.items() if not found]
        stand_in = [name for version, found in k3s.items() if not found for name in stand_in_builds(version)]
        build.ensure_all(list(dict.fromkeys([*builds, *images.BUILDS, *stand_in])), self._cache)
        return [
            *(found or self._stand_in(version) for version, found in k3s.items()),
            *(found or self._built(name) for name, found in others.items()),
            *self._cluster(),
        ]

    def k3s_version(self) -> str:
        """The version that the lab runs: asked for, the only real one there is, or the catalogue's first."""
        asked = self._environ.get("LAB_K3S_VERSION", "")
        real = sorted(self._real())
        default = self._version("k3s")
        if asked or not real or default in real:
            return asked or default
        if len(real) == 1:
            return real[0]
        raise LabError(f"LAB_K3S_DIR has no k3s {default}", f"set LAB_K3S_VERSION to one of {', '.join(real)}")

    def _real(self) -> dict[str, Path]:
        directory = self._environ.get("LAB_K3S_DIR", "")
        if not directory:
            return {}
        if not Path(directory).is_dir():
            raise LabError(f"LAB_K3S_DIR={directory} is no directory", "name one that holds k3s by version")
        real = {path.name: path.absolute() for path in Path(directory).iterdir() if K3S_VERSION.fullmatch(path.name)}
        if not real:
            raise LabError(f"LAB_K3S_DIR={directory} has no k3s", "name each file by its version, such as v1.35.4+k3s1")
        return real

    def _cluster(self) -> list[Found]:
        directory = self._environ.get("LAB_VM_CLUSTER_DIR", "")
        if not directory:
            return []
        paths = {name: Path(directory, name).absolute() for name in CLUSTER}
        lacking = [name for name, path in paths.items() if not path.is_file()]
        if lacking:
            problem = f"LAB_VM_CLUSTER_DIR={directory} has no {', '.join(lacking)}"
            raise LabError(problem, "name a directory with all three, built for this machine")
        return [Found(name, self._version(name), path, "real (LAB_VM_CLUSTER_DIR)") for name, path in paths.items()]

    def _k3s_versions(self, besides: Sequence[str]) -> list[str]:
        return list(dict.fromkeys([*sorted(self._real()), self.k3s_version(), *besides]))

    def _real_or_released(self, version: str) -> Found | None:
        if real := self._real().get(version):
            return Found("k3s", version, real, "real (LAB_K3S_DIR)")
        # One that artifacts.yml does not list is had like one whose checksum it lacks.
        self._catalog["k3s"]["versions"].setdefault(version, {"sha256": {}})
        return self._released("k3s", version)

    def _released_unless_built(self, name: str) -> Found | None:
        # A finished build is as good as the cache, and asks no network.
        return None if build.cached(name, self._cache) else self._released(name, self._version(name))

    def _version(self, name: str) -> str:
        return str(next(iter(self._catalog[name]["versions"])))

    def _built(self, name: str) -> Found:
        recipe, version = build.BUILDS[name], self._version(name)
        if recipe.version != version:
            raise LabError(f"lab/go/{name} builds {recipe.version}, artifacts.yml has {version}", "align the two")
        path = build.ensure(name, self._cache) / name
        return Found(name, version, path, "built from Go modules")

    def _released(self, name: str, version: str) -> Found | None:
        """From the cache, a mirror or the release; nothing where these can't be reached."""
        try:
            picked = catalog.pick(self._catalog, name, version, self._lab_pin(name, version), self._mirror())
            described = picked["archs"][self._arch]
            if not catalog.is_pinned(described):
                described = self._pin(name, version, described)
            return Found(name, version, self._obtain(name, version, described), described["source"])
        except (catalog.CatalogError, ChecksumError, oci.ImageError) as error:
            raise LabError(str(error)) from error
        except FetchError as error:
            print(error.problem)
        except Unreachable as error:
            print(f"{name} {version} {self._arch} can't be had: {error}")
        return None

    def _obtain(self, name: str, version: str, described: Mapping[str, Any]) -> Path:
        return self._fetcher.obtain(name, version, self._arch, described).path

    def _mirror(self) -> str:
        return self._environ.get("LAB_MIRROR", "")

    def _pins(self) -> Path:
        return self._cache / "lab-pins.json"

    def _lab_pin(self, name: str, version: str) -> dict[str, Any]:
        """What an earlier run pinned."""
        pins = json.loads(self._pins().read_text()) if self._pins().exists() else {}
        pin = pins.get(f"{name} {version} {self._arch}")
        return {name: {version: {self._arch: pin}}} if pin else {}

    def _pin(self, name: str, version: str, described: Mapping[str, Any]) -> dict[str, Any]:
        """Believe the release about its own checksum, once. The lab alone may, and says so."""
        pin = released_pin(self._catalog[name], version, self._arch, described, self._transport)
        print(f"{name} {version} {self._arch} has no checksum in artifacts.yml: the lab believes the release: {pin}")
        origin = f"{described['source']} (pinned by the lab on first download)"
        pins = json.loads(self._pins().read_text()) if self._pins().exists() else {}
        pins[f"{name} {version} {self._arch}"] = {**pin, "origin": origin}
        _replace(self._pins(), json.dumps(pins, indent=2))
        return {**described, **pin, "source": origin}

    def _stand_in(self, version: str) -> Found:
        recipes = [build.BUILDS[name] for name in stand_in_builds(version)]
        for recipe in recipes:
            payload.provide(recipe.name, self._cache, self._payload)
        directory = self._cache / "stand-in"
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory) as work:
            packed = Path(work) / "k3s"
            pack(packed, version, recipes[-1].called)
            path = directory / f"k3s-{version}-{sha256_of(packed)[:16]}"
            packed.rename(path)
        return Found("k3s", version, path, "stand-in")


def stand_in_builds(version: str) -> tuple[str, str]:
    """What the stand-in for this release of k3s runs: Kubernetes of the same version, and etcd."""
    known = build.versions("kubernetes")
    kubernetes = version.partition("+")[0]
    if kubernetes not in known:
        raise LabError(
            f"k3s {version} can't be had, and the stand-in runs Kubernetes {' or '.join(sorted(known))}",
            f"ask for a k3s of these, or put k3s as {version} into a directory and name that in LAB_K3S_DIR",
        )
    return known[kubernetes], ETCD


def ensure(settings: Settings, base: Path, besides: Sequence[str] = ()) -> None:
    """Find all artifacts and images, say where each came from, and leave that for the inventory.

    Versions of k3s besides the lab's own are found by every later call too.
    """
    artifacts = Artifacts(settings.cache, settings.payload)
    asked = list(dict.fromkeys([*_asked_before(settings), *besides]))
    found = artifacts.find(asked)
    archive = images.ensure(settings.cache, base)
    content = variables(found, archive, artifacts.k3s_version(), build.machine_arch())
    # It comes with the stand-in; a lab of real ones verifies snapshots without it.
    etcdutl = Path(ETCD, build.BUILDS[ETCD].version, "etcdutl")
    if (settings.payload / etcdutl).exists():
        content["site_etcdutl"] = str("/opt/lab" / etcdutl)
    _replace(settings.state / BESIDES, json.dumps(asked))
    _replace(settings.state / "artifacts.json", json.dumps(content, indent=2))
    for one in found:
        print(f"{one.name:<24} {one.version:<16} {one.origin}")


def _asked_before(settings: Settings) -> list[str]:
    file = settings.state / BESIDES
    return list(json.loads(file.read_text())) if file.exists() else []


def variables(found: list[Found], archive: Path, k3s_version: str, arch: str) -> dict[str, Any]:
    """The inventory's variables."""
    overrides: dict[str, Any] = {}
    for one in found:
        described = {"path": str(one.path), "sha256": sha256_of(one.path), "origin": one.origin}
        overrides.setdefault(one.name, {})[one.version] = {arch: described}
    return {
        "site_k3s_version": k3s_version,
        "site_artifacts": overrides,
        "site_airgap_images": [{"name": "lab-images.tar", "src": str(archive), "sha256": sha256_of(archive)}],
    }


def released_pin(
    entry: Mapping[str, Any], version: str, arch: str, described: Mapping[str, Any], transport: Transport
) -> dict[str, str]:
    """What the release itself says about its content: a file's checksum, or the digest that an image's tag names."""
    if described["kind"] == "oci_file":
        return {"digest": oci.resolve_tag(described["image"], catalog.tag(entry, version), transport)}
    listed = transport.read(catalog.checksum_url(entry, version, arch)).decode()
    return {"sha256": catalog.listed_checksum(listed, entry["file"][arch])}


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(text)
    part.rename(path)
