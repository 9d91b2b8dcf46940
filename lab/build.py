"""Programs that no registry carries as binaries, built from Go modules pinned in ``lab/go/<name>/go.{mod,sum}``.

A build lives in ``<cache>/builds/<name>-<hash>/``; the hash covers every input, so a finished build is never repeated.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.golang import go_command
from lab.progress import Progress, duration

SOURCES = Path(__file__).parent / "go"
GO_ARCH = {"x86_64": "amd64", "aarch64": "arm64"}
POLL_SECONDS = 2
LIMIT = 6
"A build that takes this many times as long as expected has failed."


@dataclass(frozen=True)
class Build:
    """What one wrapper module makes."""

    name: str
    minutes: float
    "Expected duration on two busy cores with an empty build cache."
    stamps: tuple[str, ...] = ()
    "Go variables that hold the version."
    stamped_as: str = ""
    "What the stamped version ends in, as that of whoever ships the program does."
    version_of: str = ""
    "The module whose version is the build's version."
    release: str = ""
    "The version of a program whose module has none that tells it."
    renames: tuple[tuple[str, str], ...] = ()
    package: str = "tool"
    product: str = ""
    "What several builds are versions of; of most there is one."

    @property
    def directory(self) -> Path:
        return SOURCES / self.name

    @property
    def version(self) -> str:
        """The pinned version of the program's own module, unless its release is another one."""
        if self.release:
            return self.release
        pinned = re.search(rf"^(?:require\s+|\t){re.escape(self.version_of)} (v\S+)", self._go_mod(), re.MULTILINE)
        return pinned[1] if pinned else ""

    @property
    def called(self) -> str:
        """The version as the program itself tells it."""
        return f"{self.version}{self.stamped_as}"

    @property
    def flags(self) -> list[str]:
        stamps = "".join(f" -X {variable}={self.called}" for variable in self.stamps)
        return ["-trimpath", "-ldflags", f"-s -w{stamps}"]

    def key(self, arch: str) -> str:
        """A checksum over everything that the result depends on."""
        digest = hashlib.sha256(" ".join([arch, self.package, *self.flags, repr(self.renames)]).encode())
        for source in sorted(path for path in self.directory.rglob("*") if path.is_file()):
            digest.update(source.read_bytes())
        return digest.hexdigest()[:16]

    def _go_mod(self) -> str:
        return (self.directory / "go.mod").read_text(encoding="utf-8")


BUILDS = {
    build.name: build
    for build in (
        *(
            Build(
                name,
                minutes=12,
                version_of="k8s.io/kubernetes",
                stamps=("k8s.io/component-base/version.gitVersion", "k8s.io/client-go/pkg/version.gitVersion"),
                stamped_as="+k3s1",
                product="kubernetes",
            )
            for name in ("kubernetes", "kubernetes-1.34")
        ),
        Build("etcd", minutes=2, version_of="go.etcd.io/etcd/server/v3", renames=(("server", "etcd"),)),
        Build("kube-vip", minutes=4, version_of="github.com/kube-vip/kube-vip"),
        Build(
            "kube-vip-cloud-provider",
            minutes=4,
            version_of="github.com/kube-vip/kube-vip-cloud-provider",
            stamps=("k8s.io/component-base/version.gitVersion",),
        ),
        Build("coredns", minutes=4.5, version_of="github.com/coredns/coredns"),
        Build("local-path-provisioner", minutes=3, version_of="github.com/rancher/local-path-provisioner"),
        Build("cosign", minutes=4, version_of="github.com/sigstore/cosign/v3"),
        Build("oci-registry", minutes=0.5, version_of="github.com/google/go-containerregistry", package="."),
        Build("pause", minutes=0.5, package="."),
        Build("grafana", minutes=0.5, package="."),
        # Stamped as its own makers do: its API server derives what it is compatible with from the version.
        Build(
            "gardener-apiserver",
            minutes=5,
            version_of="github.com/gardener/gardener",
            stamps=("k8s.io/component-base/version.gitVersion",),
        ),
        Build("helm", minutes=3, version_of="helm.sh/helm/v3", stamps=("helm.sh/helm/v3/internal/version.version",)),
        # GitLab tags its releases as Go does not count them, so that the module has none but that of a day.
        Build(
            "gitlab-runner",
            minutes=2,
            release="v19.4.0",
            stamps=("gitlab.com/gitlab-org/gitlab-runner/common.VERSION",),
            package=".",
        ),
        Build("versitygw", minutes=2.5, version_of="github.com/versity/versitygw", stamps=("main.Version",)),
        Build("step-ca", minutes=4, version_of="github.com/smallstep/certificates", stamps=("main.Version",)),
    )
}


def machine_arch() -> str:
    """This machine's architecture as Go names it."""
    machine = platform.machine()
    if machine not in GO_ARCH:
        raise LabError(f"architecture {machine} of this machine is not supported", f"use one of {', '.join(GO_ARCH)}")
    return GO_ARCH[machine]


def versions(product: str) -> dict[str, str]:
    """The build of each version of what comes in several."""
    return {build.version: build.name for build in BUILDS.values() if build.product == product}


def cached(name: str, cache: Path) -> Path | None:
    """The directory of a finished build of these very sources, if there is one."""
    directory = _destination(BUILDS[name], cache, machine_arch())
    return directory if directory.is_dir() else None


def ensure_all(names: Sequence[str], cache: Path) -> None:
    """Build what is missing, one after the other (each uses every core), after saying how long it all takes."""
    missing = [name for name in names if not cached(name, cache)]
    if missing:
        listed = ", ".join(f"{name} ({duration(BUILDS[name].minutes * 60)})" for name in missing)
        total = duration(sum(BUILDS[name].minutes for name in missing) * 60)
        print(f"to be built from Go modules, once, about {total} in all: {listed}", flush=True)
    for name in missing:
        ensure(name, cache)


def ensure(name: str, cache: Path) -> Path:
    """The directory with the binaries of `name`, built unless it is cached."""
    recipe, arch = BUILDS[name], machine_arch()
    destination = _destination(recipe, cache, arch)
    if not destination.is_dir():
        destination.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{destination.name}.", dir=destination.parent))
        try:
            _compile(recipe, arch, work, cache / "logs" / f"build-{destination.name}.log", cache)
            for made, wanted in recipe.renames:
                (work / made).rename(work / wanted)
            work.chmod(0o755)
            _publish(work, destination)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return destination


def _destination(recipe: Build, cache: Path, arch: str) -> Path:
    return cache / "builds" / f"{recipe.name}-{recipe.key(arch)}"


def _publish(work: Path, destination: Path) -> None:
    try:
        work.rename(destination)
    except OSError:
        # Another lab has built the same in the meantime; its result is as good as ours.
        if not destination.is_dir():
            raise


def _compile(recipe: Build, arch: str, output: Path, log: Path, cache: Path) -> None:
    environment = {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOARCH": arch,
        "GOFLAGS": "-mod=readonly -buildvcs=false",
        "GOOS": "linux",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }
    go = go_command(recipe.directory / "go.mod", cache)
    log.parent.mkdir(parents=True, exist_ok=True)
    expected = recipe.minutes * 60
    label = f"{recipe.name} {recipe.version}".strip()
    progress = Progress(f"building {label} from Go modules, about {duration(expected)}")
    with (
        log.open("w") as log_file,
        subprocess.Popen(
            [go, "build", *recipe.flags, "-o", f"{output}/", recipe.package],
            cwd=recipe.directory,
            env=environment,
            stdout=log_file,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            _wait(process, progress, expected)
        finally:
            process.kill()
    if process.returncode != 0:
        reason = "took far too long" if process.returncode < 0 else f"failed with status {process.returncode}"
        raise LabError(f"building {label} {reason}: {_last_line(log)}", f"the whole log is {log}")
    progress.done()


def _wait(process: subprocess.Popen[bytes], progress: Progress, expected: float) -> None:
    started = time.monotonic()
    while (elapsed := time.monotonic() - started) < expected * LIMIT:
        try:
            process.wait(POLL_SECONDS)
            return
        except subprocess.TimeoutExpired:
            progress.update("compiling", min(0.95, elapsed / expected))


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "no output"
