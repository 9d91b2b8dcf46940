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
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab.golang import go_command

Say = Callable[[str], None]

SOURCES = Path(__file__).parent / "go"
GO_ARCH = {"x86_64": "amd64", "aarch64": "arm64"}
PROGRESS_SECONDS = 20


class BuildError(Exception):
    """A build failed; the message names its log."""


@dataclass(frozen=True)
class Build:
    """What one wrapper module makes."""

    name: str
    minutes: float
    "Expected duration on two busy cores with an empty build cache; six times as long is a failure."
    stamps: tuple[str, ...] = ()
    "Go variables that hold the version."
    version_of: str = ""
    "The module whose version is the build's version."
    renames: tuple[tuple[str, str], ...] = ()
    package: str = "tool"

    @property
    def directory(self) -> Path:
        return SOURCES / self.name

    @property
    def version(self) -> str:
        """The pinned version of the program's own module."""
        pinned = re.search(rf"^(?:require\s+|\t){re.escape(self.version_of)} (v\S+)", self._go_mod(), re.MULTILINE)
        return pinned[1] if pinned else ""

    @property
    def flags(self) -> list[str]:
        stamps = "".join(f" -X {variable}={self.version}" for variable in self.stamps)
        return ["-trimpath", "-ldflags", f"-s -w{stamps}"]

    def key(self, arch: str) -> str:
        """A checksum over everything that the result depends on."""
        digest = hashlib.sha256(" ".join([arch, self.package, *self.flags, repr(self.renames)]).encode())
        for source in sorted(self.directory.iterdir()):
            digest.update(source.read_bytes())
        return digest.hexdigest()[:16]

    def _go_mod(self) -> str:
        return (self.directory / "go.mod").read_text(encoding="utf-8")


BUILDS = {
    build.name: build
    for build in (
        Build(
            "kubernetes",
            minutes=12,
            version_of="k8s.io/kubernetes",
            stamps=("k8s.io/component-base/version.gitVersion", "k8s.io/client-go/pkg/version.gitVersion"),
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
        Build("pause", minutes=0.5, package="."),
    )
}


def machine_arch() -> str:
    """This machine's architecture as Go names it."""
    machine = platform.machine()
    if machine not in GO_ARCH:
        raise BuildError(f"no build for this machine's architecture {machine}; expected one of {', '.join(GO_ARCH)}")
    return GO_ARCH[machine]


def build_all(names: list[str], cache: Path, say: Say) -> dict[str, Path]:
    """Build what is missing, one after the other (a Go build uses every core); return the directory of each."""
    missing = [name for name in names if not is_built(name, cache)]
    if missing:
        minutes = sum(BUILDS[name].minutes for name in missing)
        say(f"{len(missing)} of {len(names)} Go programs to build, about {minutes:.0f} min: {', '.join(missing)}")
    return {name: build(name, cache, say) for name in names}


def is_built(name: str, cache: Path) -> bool:
    return _destination(BUILDS[name], cache, machine_arch()).is_dir()


def build(name: str, cache: Path, say: Say) -> Path:
    """Return the directory with the binaries of ``name``, building them unless an identical build is cached."""
    recipe, arch = BUILDS[name], machine_arch()
    destination = _destination(recipe, cache, arch)
    if destination.is_dir():
        return destination
    destination.parent.mkdir(parents=True, exist_ok=True)
    log = cache / "logs" / f"build-{destination.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{destination.name}.", dir=destination.parent))
    try:
        _compile(recipe, arch, work, log, cache, say)
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
        # Another run has built the same in the meantime; its result is as good as ours.
        if not destination.is_dir():
            raise


def _compile(recipe: Build, arch: str, output: Path, log: Path, cache: Path, say: Say) -> None:
    label = f"{recipe.name} {recipe.version}".strip()
    environment = {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOARCH": arch,
        "GOFLAGS": "-mod=readonly -buildvcs=false",
        "GOOS": "linux",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }
    go = go_command(recipe.directory / "go.mod", cache, say)
    command = [go, "build", *recipe.flags, "-o", f"{output}/", recipe.package]
    say(f"building {label} (about {recipe.minutes:g} min), log {log}")
    started = time.monotonic()
    with (
        log.open("w", encoding="utf-8") as log_file,
        subprocess.Popen(
            command, cwd=recipe.directory, env=environment, stdout=log_file, stderr=subprocess.STDOUT
        ) as process,
    ):
        _wait(process, recipe, label, started, say)
    if process.returncode != 0:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
        raise BuildError(f"go build of {label} failed with status {process.returncode}; log {log} ends with:\n{tail}")
    say(f"built {label} in {_minutes(time.monotonic() - started)}")


def _wait(process: subprocess.Popen[bytes], recipe: Build, label: str, started: float, say: Say) -> None:
    limit = started + recipe.minutes * 60 * 6
    try:
        while True:
            try:
                process.wait(PROGRESS_SECONDS)
                return
            except subprocess.TimeoutExpired:
                elapsed = time.monotonic() - started
                say(f"building {label}: {_minutes(elapsed)} of about {_minutes(recipe.minutes * 60)}")
                if time.monotonic() > limit:
                    process.kill()
                    process.wait()
                    raise BuildError(f"go build of {label} took longer than {_minutes(limit - started)}") from None
    except KeyboardInterrupt:
        process.kill()
        raise


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
