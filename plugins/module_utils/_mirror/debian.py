# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A part of Debian's archive for one release and architecture: its own signed indices, and the packages asked for.

apt itself tells which packages an empty system would need, fetches them, and verifies all against Debian's keys.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from .._artifact.files import sha256_of
from .._debian.simulation import failure
from .errors import MirrorError
from .manifest import Entry
from .store import Store
from .tree import Say

ROOT = "debian"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# apt fetches this much at a time, after which it is told how far it is.
BATCH_BYTES = 16 << 20
UPDATE_SECONDS = 600
BATCH_SECONDS = 1800
_URI = re.compile(r"^'([^']+)' (\S+) (\d+) SHA256:([0-9a-f]{64})$")
_DEB = re.compile(r"([^_]+)_([^_]+)_([^_]+)\.deb")
_TARGETS = "$(CREATED_BY)|$(REPO_URI)|$(BASE_URI)|$(METAKEY)|$(FILENAME)|$(VERSION)|$(LABEL)|$(COMPONENT)"
# How this machine reaches the archive, and what it believes there.
_OWN_WAY = re.compile(r"^Acquire::https?(::|\s)")


@dataclass(frozen=True)
class Archive:
    """What is wanted of Debian: of one release (C(trixie)) for one architecture (C(amd64)), by names of packages.

    C(uri) and C(security_uri) are the archives; empty, they are those that this machine's own apt has.
    """

    release: str
    arch: str
    packages: tuple[str, ...]
    uri: str = ""
    security_uri: str = ""
    keyring: str = KEYRING

    @property
    def purpose(self) -> str:
        return f"{self.release}/{self.arch}"


class Target(t.NamedTuple):
    """A line of C(apt-get indextargets)."""

    created_by: str
    archive: str
    base: str
    key: str
    file: str
    version: str
    label: str
    component: str


class Package(t.NamedTuple):
    """A package that apt would fetch: C(file) as apt calls it, C(path) below the archive."""

    uri: str
    file: str
    path: str
    bytes: int
    sha256: str
    name: str
    version: str
    arch: str


class Apt:
    """apt with a root of its own: nothing is installed there, and it knows nothing but the archive."""

    def __init__(self, archive: Archive, work: Path) -> None:
        self._archive, self._work = archive, work
        self._environment = {**os.environ, "LC_ALL": "C", "APT_CONFIG": str(work / "apt.conf")}

    def prepare(self) -> None:
        """Write its configuration. Raises MirrorError where nobody says where Debian is."""
        uri, security = self._archive.uri, self._archive.security_uri
        if not uri:
            uri, security = self._of_machine()
        sources = [_source(uri, (self._archive.release, f"{self._archive.release}-updates"), self._archive)]
        if security:
            sources.append(_source(security, (f"{self._archive.release}-security",), self._archive))
        for directory in ("lists/partial", "cache/archives/partial", "packages", "none"):
            (self._work / directory).mkdir(parents=True, exist_ok=True)
        (self._work / "status").touch()
        (self._work / "debian.sources").write_text("\n".join(sources), encoding="utf-8")
        (self._work / "apt.conf").write_text(self._configuration(), encoding="utf-8")

    def update(self) -> list[Target]:
        """Fetch and verify the indices, and tell where they are."""
        self._run(("apt-get", "update"), "Debian's indices can't be had", seconds=UPDATE_SECONDS)
        said = self._run(("apt-get", "indextargets", "--format", _TARGETS), "apt does not tell what it has")
        targets = [Target(*line.split("|")) for line in said.splitlines()]
        return [target for target in targets if target.created_by == "Packages"]

    def closure(self, archives: t.Collection[str]) -> list[Package]:
        """What the packages need on a system that has nothing."""
        command = ("apt-get", "install", "--print-uris", "--yes", "-qq", "--no-install-recommends")
        said = self._run((*command, *self._archive.packages), f"Debian {self._archive.purpose} has not all packages")
        return parse(said, archives)

    def download(self, packages: t.Sequence[Package]) -> Path:
        """Fetch packages, verified by apt, into a directory that has nothing else."""
        directory = self._work / "packages"
        command = ("apt-get", "download", "-qq", *(f"{one.name}={one.version}" for one in packages))
        self._run(command, "packages can't be had", cwd=directory, seconds=BATCH_SECONDS)
        return directory

    def _of_machine(self) -> tuple[str, str]:
        command = ("apt-get", "indextargets", "--format", _TARGETS)
        said = self._run(command, "apt does not tell where Debian is", environment={**os.environ, "LC_ALL": "C"})
        targets = [Target(*line.split("|")) for line in said.splitlines()]
        main = [one for one in targets if one.created_by == "Packages" and one.component == "main"]
        found = {one.label: one.archive.rstrip("/") for one in main}
        if "Debian" not in found:
            raise MirrorError(
                "this machine's apt knows no archive of Debian; give mirror_debian_uri and mirror_debian_security_uri"
            )
        return found["Debian"], found.get("Debian-Security", "")

    def _configuration(self) -> str:
        dump = self._run(("apt-config", "dump"), "apt can't be run", environment={**os.environ, "LC_ALL": "C"})
        own_way = [line for line in dump.splitlines() if _OWN_WAY.match(line)]
        settings = {
            "Dir::Etc::main": "/dev/null",
            "Dir::Etc::parts": self._work / "none",
            "Dir::Etc::sourcelist": self._work / "debian.sources",
            "Dir::Etc::sourceparts": self._work / "none",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": self._work / "none",
            "Dir::Etc::trusted": "/dev/null",
            "Dir::Etc::trustedparts": self._work / "none",
            "Dir::State": self._work,
            "Dir::State::status": self._work / "status",
            "Dir::State::extended_states": self._work / "extended_states",
            "Dir::Cache": self._work / "cache",
            "APT::Architecture": self._archive.arch,
            "APT::Sandbox::User": "root",
            "APT::Update::Error-Mode": "any",
            "Acquire::Languages": "none",
            "Acquire::PDiffs": "false",
            "Acquire::ForceHash": "SHA256",
            "Acquire::Retries": "2",
            "Acquire::http::Timeout": "20",
            "Acquire::https::Timeout": "20",
            # Indices stay as they were signed.
            "Acquire::GzipIndexes": "true",
            "Acquire::IndexTargets::deb::Packages::KeepCompressed": "true",
            "Acquire::IndexTargets::deb::Packages::KeepCompressedAs": "xz",
            "Acquire::CompressionTypes::Order::": "xz",
        }
        lines = [f'{name} "{value}";' for name, value in settings.items()]
        return "\n".join(["#clear APT::Architectures;", *own_way, *lines]) + "\n"

    def _run(
        self,
        command: t.Sequence[str],
        what: str,
        *,
        environment: t.Mapping[str, str] | None = None,
        cwd: Path | None = None,
        seconds: float = 600,
    ) -> str:
        try:
            done = subprocess.run(
                command, env=environment or self._environment, cwd=cwd, timeout=seconds, capture_output=True,
                text=True, stdin=subprocess.DEVNULL, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise MirrorError(f"{what}: {command[0]} has not ended within {seconds:g} s; run this again") from error
        except OSError as error:
            raise MirrorError(f"{what}: {error}; collect on a machine with Debian or one that has apt") from error
        if done.returncode:
            raise MirrorError(f"{what}: {failure(done.stdout + done.stderr)}")
        return done.stdout


def collect(archive: Archive, store: Store, work: Path, say: Say) -> list[Entry]:
    """Bring an archive's part into the mirror, as far as it is not there. ``work`` keeps what apt knows."""
    apt = Apt(archive, work)
    apt.prepare()
    say(f"Debian {archive.purpose}: reading the indices")
    targets = apt.update()
    packages = apt.closure({target.archive for target in targets})
    entries = [described(package, archive) for package in packages]
    lacking = [one for one, entry in zip(packages, entries, strict=True) if not store.has(entry)]
    by_path = {entry.path: entry for entry in entries}
    total, done = sum(package.bytes for package in lacking), 0
    for batch in batches(lacking):
        say(f"Debian {archive.purpose}: {done >> 20} of {total >> 20} MiB of packages")
        directory = apt.download(batch)
        for package in batch:
            store.put(directory / package.file, by_path[f"{ROOT}/{package.path}"])
        done += sum(package.bytes for package in batch)
    return [*entries, *_indices(targets, archive, store)]


def planned(archive: Archive, store: Store, work: Path) -> list[Entry]:
    """What C(collect) would bring; only C(work) is written."""
    apt = Apt(archive, work)
    apt.prepare()
    targets = apt.update()
    entries = [described(package, archive) for package in apt.closure({target.archive for target in targets})]
    for entry in entries:
        if not store.has(entry):
            store.note(entry)
    return [*entries, *_indices(targets, archive, store)]


def parse(said: str, archives: t.Collection[str]) -> list[Package]:
    """What C(apt-get --print-uris) says. Raises MirrorError for a file that is not below one of the archives."""
    packages = []
    for line in said.splitlines():
        found = _URI.match(line)
        if not found:
            raise MirrorError(f"apt says {line[:80]!r}; expected a URI, a file, a size and a checksum")
        uri, file, size, sha256 = found.groups()
        archive = next((one for one in sorted(archives, key=len, reverse=True) if uri.startswith(one)), "")
        path, described = unquote(uri.removeprefix(archive)), _DEB.fullmatch(unquote(file))
        if not archive or not path.startswith("pool/") or not described:
            raise MirrorError(f"{uri} is no package below {', '.join(archives)}")
        packages.append(Package(uri, file, path, int(size), sha256, *described.groups()))
    return packages


def batches(packages: t.Sequence[Package], most: int = BATCH_BYTES) -> t.Iterator[list[Package]]:
    """Packages in their order, as many at a time as are about so large."""
    batch: list[Package] = []
    for package in packages:
        batch.append(package)
        if sum(one.bytes for one in batch) >= most:
            yield batch
            batch = []
    if batch:
        yield batch


def described(package: Package, archive: Archive) -> Entry:
    """A package as the manifest has it."""
    named = {"name": package.name, "version": package.version, "arch": package.arch, "origin": package.uri}
    place = f"{ROOT}/{package.path}"
    return Entry(place, package.bytes, package.sha256, "package", **named, purpose=(archive.purpose,))


def indices(targets: t.Sequence[Target], archive: Archive) -> t.Iterator[tuple[Path, Entry]]:
    """The files of a release that Debian has signed, and what they list: the latter first."""
    releases: dict[str, tuple[Path, Target]] = {}
    for target in targets:
        file = Path(target.file)
        suite = target.base.rstrip("/").rpartition("/dists/")[2]
        end = f"_{target.key.replace('/', '_')}.xz"
        if not file.name.endswith(end) or not suite:
            raise MirrorError(f"{target.base}{target.key} is no index as Debian has it; expected one packed by xz")
        yield file, _index(file, f"{suite}/{target.key}.xz", f"{target.base}{target.key}.xz", target, archive)
        releases[suite] = file.with_name(f"{file.name.removesuffix(end)}_InRelease"), target
    for suite, (file, target) in releases.items():
        if not file.exists():
            raise MirrorError(f"{target.base} has no InRelease; expected an archive that Debian has signed")
        yield file, _index(file, f"{suite}/InRelease", f"{target.base}InRelease", target, archive)


def _indices(targets: t.Sequence[Target], archive: Archive, store: Store) -> list[Entry]:
    entries = []
    for file, entry in indices(targets, archive):
        if not store.has(entry):
            store.put(file, entry, copied=True)
        entries.append(entry)
    return entries


def _index(file: Path, place: str, origin: str, target: Target, archive: Archive) -> Entry:
    suite = place.rpartition("/")[0].partition("/")[0]
    texts = {"name": suite, "version": target.version, "arch": archive.arch, "origin": origin}
    # A release has one InRelease for all its architectures.
    if place.endswith("/InRelease"):
        texts["arch"] = ""
    path = f"{ROOT}/dists/{place}"
    return Entry(path, file.stat().st_size, sha256_of(file), "index", **texts, purpose=(archive.purpose,))


def _source(uri: str, suites: t.Sequence[str], archive: Archive) -> str:
    return (
        f"Types: deb\nURIs: {uri}\nSuites: {' '.join(suites)}\nComponents: main\nArchitectures: {archive.arch}\n"
        # Of an archive that is itself a mirror; the signature counts all the same.
        f"Signed-By: {archive.keyring}\nCheck-Valid-Until: no\n"
    )


def forget(work: Path) -> None:
    """Take away what apt has fetched and nobody has taken."""
    shutil.rmtree(work / "packages", ignore_errors=True)
