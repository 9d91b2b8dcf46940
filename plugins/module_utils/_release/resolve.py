# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which vectors and roles a release consists of: read, verified, changed by the inventory. Downloads no role."""

from __future__ import annotations

import hashlib
import typing as t
from dataclasses import dataclass
from pathlib import Path

from .._artifact.files import sha256_of
from .._artifact.registry import ANONYMOUS
from .._artifact.transport import Transport, Unreachable
from . import archive, reference, tree, vector
from .artifact import ROLE_TYPE, VECTOR_TYPE, Artifact
from .errors import ReleaseError, refuse
from .settings import Settings, Source
from .vector import Components, Vector
from .versions import is_release

FILE = "release.yaml"


@dataclass(frozen=True)
class Read:
    """One vector: where it is from, its content's digest, by what it is trusted, and its artifact if it is one."""

    source: Source
    url: str
    digest: str
    trusted_by: str
    document: Vector
    artifact: Artifact | None = None

    @property
    def name(self) -> str:
        """The name of the release, if the reference says it."""
        return reference.parse(self.url).tag if self.artifact else ""

    def shown(self) -> dict[str, str]:
        return {"url": self.url, "digest": self.digest, "trusted_by": self.trusted_by}


@dataclass(frozen=True)
class Role:
    """One role under the name by which it is installed: an artifact, or a directory or tar file of this machine."""

    name: str
    packed_as: str
    version: str
    digest: str
    origin: Artifact | Path

    def fetch(self, directory: Path) -> Path:
        """Its tar file, or its directory."""
        if isinstance(self.origin, Path):
            return self.origin
        target = directory / f"{self.name}.tar"
        self.origin.download(ROLE_TYPE, target)
        return target

    @property
    def repository(self) -> str:
        """Where it is published, whoever is asked for it; C(local) if it is of this machine."""
        return self.origin.repository if isinstance(self.origin, Artifact) else "local"

    def shown(self) -> dict[str, str]:
        return {"version": self.version, "digest": self.digest, "repository": self.repository}


@dataclass(frozen=True)
class Release:
    """The vectors in the order in which they win."""

    vectors: tuple[Read, ...]

    @property
    def name(self) -> str:
        return self._named.name

    def components(self) -> Components:
        return vector.merged([one.document for one in self.vectors])

    def known_releases(self) -> list[str]:
        """All releases of whoever published the vector that gives the name, as far as they can be listed."""
        artifact = self._named.artifact
        return artifact.releases() if artifact else []

    @property
    def _named(self) -> Read:
        """The first vector with a release's name, for one of a site around it has a name of its own."""
        return next((one for one in self.vectors if is_release(one.name)), self.vectors[0])


def release(settings: Settings, transport: Transport, work: Path) -> Release:
    """Read and verify all vectors, and put the inventory's values into them. Raises ReleaseError."""
    reader = _Reader(settings, transport, work)
    found = tuple(one for source in settings.sources for one in reader.read(source, source.url))
    documents = vector.replaced([one.document for one in found], settings.replacements)
    changed = tuple(
        Read(one.source, one.url, one.digest, one.trusted_by, document, one.artifact)
        for one, document in zip(found, documents, strict=True)
    )
    refuse(vector.skew(vector.merged(documents)))
    return Release(changed)


def roles(found: Release, settings: Settings, transport: Transport) -> list[Role]:
    """The roles of all vectors by name, verified. Those that the inventory gives itself are taken as they are."""
    by_name: dict[str, Role] = {}
    problems = []
    for one in [read for read in found.vectors if read.source.install_roles]:
        for name, described in _described_roles(one).items():
            try:
                role = _role(name, described, one, settings, transport)
                by_name.setdefault(role.name, role)
            except ReleaseError as error:
                problems.append(str(error))
    unused = sorted(set(settings.roles) - set(by_name))
    if unused and not problems:
        problems.append(f"roles has {', '.join(unused)}; expected only roles of the release: {', '.join(by_name)}")
    refuse(problems)
    return [by_name[name] for name in sorted(by_name)]


def artifacts(found: Release, settings: Settings) -> list[str]:
    """What a registry has of a release beside images, by reference: its vectors, and its roles, which are not read."""
    listed = [str(reference.parse(one.url)) for one in found.vectors if one.artifact]
    # Roles that can't be told are a matter of whoever installs them.
    with_roles = [one for one in found.vectors if one.source.install_roles and _has_roles(one)]
    for one in with_roles:
        for packed_as, described in _described_roles(one).items():
            version = str(described.get("version") or "")
            own = one.source.aliases.get(packed_as, packed_as) in settings.roles
            if described.get("oci") and version and not own:
                listed.append(f"{described['oci']}{'' if version.startswith('@') else ':'}{version}")
    return sorted(set(listed))


class _Reader:
    def __init__(self, settings: Settings, transport: Transport, work: Path) -> None:
        self._settings = settings
        self._transport = transport
        self._work = work
        self._count = 0

    def read(self, source: Source, url: str) -> t.Iterator[Read]:
        """The vector, and then those that it names."""
        one = self._one(source, url)
        yield one
        for nested in source.nested:
            try:
                inner = vector.at(one.document, nested.url_path)
            except vector.NoSuchPath as error:
                raise ReleaseError(f"{url} names no vector at {nested.url_path}; correct url_path") from error
            refuse([*_foreign(url, str(inner)), *nested.refusals(str(inner))])
            yield from self.read(nested, str(inner))

    def _one(self, source: Source, url: str) -> Read:
        if reference.kind(url) == "oci":
            return self._from_registry(source, url)
        content = self._content(url)
        digest = hashlib.sha256(content).hexdigest()
        if source.sha256 and digest != source.sha256.removeprefix("sha256:"):
            raise ReleaseError(
                f"{url} is not what was pinned: expected sha256 {source.sha256}, found {digest}; refused"
            )
        if not url.endswith((".yaml", ".yml")):
            content = self._unpacked(content, url)
        trusted_by = "checksum" if source.sha256 else "nothing"
        return Read(source, url, f"sha256:{digest}", trusted_by, _document(content, url, source))

    def _from_registry(self, source: Source, url: str) -> Read:
        named = reference.parse(url)
        artifact = Artifact(named, source.access, source.trust, self._settings.mirrors, self._transport)
        packed = self._file()
        artifact.download(VECTOR_TYPE, packed)
        document = _document(_member(packed, url), url, source)
        return Read(source, url, artifact.digest, artifact.trusted_by, document, artifact)

    def _content(self, url: str) -> bytes:
        try:
            return self._transport.read(url) if reference.kind(url) == "url" else Path(url).read_bytes()
        except (Unreachable, OSError) as error:
            raise ReleaseError(f"the release {url} can't be read: {error}; correct url") from error

    def _unpacked(self, content: bytes, url: str) -> bytes:
        packed = self._file()
        packed.write_bytes(content)
        return _member(packed, url)

    def _file(self) -> Path:
        self._count += 1
        return self._work / f"vector-{self._count}.tar"


def _foreign(url: str, inner: str) -> list[str]:
    """Why a vector may not name another one: whoever publishes it has no say in what is read of this machine."""
    if reference.kind(inner) != "file" or reference.kind(url) == "file":
        return []
    return [f"{url} names the file {inner}, which only a file may; expected an oci:// or https:// URL"]


def _member(packed: Path, url: str) -> bytes:
    try:
        return archive.read_member(packed, FILE)
    except ReleaseError as error:
        raise ReleaseError(f"{url}: {error}") from error


def _document(content: bytes, url: str, source: Source) -> Vector:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise ReleaseError(f"{url} is no text: {error}") from error
    return vector.substituted(vector.parse(text, url), source.substitutions)


def _has_roles(one: Read) -> bool:
    try:
        return bool(_described_roles(one))
    except ReleaseError:
        return False


def _described_roles(one: Read) -> dict[str, t.Any]:
    try:
        described = vector.at(one.document, one.source.roles_path)
    except vector.NoSuchPath as error:
        raise ReleaseError(
            f"{one.url} has no roles at {one.source.roles_path}; correct ansible_roles_path, or say "
            "install_roles: false"
        ) from error
    if not isinstance(described, dict) or not all(isinstance(role, dict) for role in described.values()):
        raise ReleaseError(f"{one.source.roles_path} of {one.url} is no list of roles by name")
    return described


def _role(
    packed_as: str, described: t.Mapping[str, t.Any], read: Read, settings: Settings, transport: Transport
) -> Role:
    source = read.source
    name = source.aliases.get(packed_as, packed_as)
    version = str(described.get("version") or "")
    if "/" in name or name in ("", ".", ".."):
        raise ReleaseError(f"the role {name!r} has a name that is no directory's")
    if given := settings.roles.get(name):
        return _own_role(name, packed_as, version, Path(given))
    if not described.get("oci"):
        raise ReleaseError(
            f"the role {packed_as} {version} is no OCI artifact in this release, only a repository of Git; give a "
            f"directory or tar file with it as roles.{name}"
        )
    if not version:
        raise ReleaseError(f"the role {packed_as} has no version; replace ansible-roles.{packed_as}.version")
    # A version may be a digest, or be pinned by one.
    named = reference.parse(f"{described['oci']}{'' if version.startswith('@') else ':'}{version}")
    # A login is for the host that it was given for, not for all that a vector names; a file is the inventory's own.
    access = source.access if reference.host(read.url) in ("", named.host) else ANONYMOUS
    refuse(source.trust.refusals(f"the role {packed_as}"))
    artifact = Artifact(named, access, source.trust, settings.mirrors, transport)
    return Role(name, packed_as, version, artifact.digest, artifact)


def _own_role(name: str, packed_as: str, version: str, path: Path) -> Role:
    if path.is_dir():
        return Role(name, packed_as, version, tree.checksum(path), path)
    if path.is_file():
        return Role(name, packed_as, version, f"sha256:{sha256_of(path)}", path)
    raise ReleaseError(f"roles.{name} is {path}, which is not there; expected a directory or a tar file")
