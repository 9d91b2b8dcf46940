# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release on the controller: resolved, compared with the one before, its roles installed, its variables read."""

from __future__ import annotations

import shutil
import tempfile
import typing as t
from pathlib import Path

from .._artifact.transport import Transport
from . import archive, compare, mapping, resolve, tree
from .artifact import Artifact
from .errors import ReleaseError, refuse
from .settings import Settings
from .stage import Record, Stage, set_id
from .vector import load
from .versions import is_release

Result = dict[str, t.Any]
DEFAULTS = ("main.yml", "main.yaml")


class Installer:
    """Installs one release for a stage; with C(dry) it does everything but that."""

    def __init__(
        self,
        settings: Settings,
        stage: Stage,
        transport: Transport,
        *,
        allow_downgrade: bool = False,
        allow_unmapped: bool = False,
        deployed: t.Mapping[str, t.Any] | None = None,
        withdrawn: t.Collection[str] = (),
        dry: bool = False,
    ) -> None:
        """deployed: the C(release) and C(components) that there are; without, what was installed last counts.

        withdrawn: releases that are left out on purpose.
        """
        self._settings = settings
        self._stage = stage
        self._transport = transport
        self._allow_downgrade = allow_downgrade
        self._allow_unmapped = allow_unmapped
        self._deployed = deployed or {}
        self._withdrawn = withdrawn
        self._dry = dry

    def run(self) -> Result:
        """The module's result. Raises ReleaseError before anything was changed."""
        with tempfile.TemporaryDirectory(prefix="release-") as directory:
            work = Path(directory)
            release = resolve.release(self._settings, self._transport, work)
            former = self._stage.record()
            refuse([*moved(former, release), *self._refused(compared_with(former, self._deployed), release)])
            roles = resolve.roles(release, self._settings, self._transport)
            refuse(changed_roles(former, roles))
            identity = set_id({role.name: role.digest for role in roles})
            prepared = None if self._stage.has(identity) else self._prepare(roles, work)
            place = self._stage.roles_path(identity)
            variables, unmapped = self._variables(release, prepared or place)
            record = described(release, roles, self._settings)
            changed = prepared is not None or record != {name: former.get(name) for name in record}
            if changed and not self._dry:
                self._stage.commit(identity, prepared, record, former)
        return {
            "changed": changed,
            "release": {"name": release.name, "vectors": record["vectors"]},
            "roles": record["roles"],
            "roles_path": str(place),
            "variables": variables,
            "unmapped": unmapped,
            "components": record["components"],
            "changes": [one.shown() for one in compare.changes(former.get("components", {}), record["components"])],
            "diff": {"before": _text(former), "after": _text(record)},
        }

    def _refused(self, former: t.Mapping[str, t.Any], release: resolve.Release) -> list[str]:
        if not former:
            return []
        both = is_release(former["release"]) and is_release(release.name)
        known = release.known_releases() if both and former["release"] != release.name else []
        known = [name for name in known if name not in self._withdrawn]
        after = release.components()
        return compare.between(
            former["release"], former["components"], release.name, after, known, self._allow_downgrade
        )

    def _prepare(self, roles: t.Sequence[resolve.Role], work: Path) -> Path:
        """The roles, unpacked side by side."""
        prepared, unpacked = work / "roles", work / "unpacked"
        prepared.mkdir()
        for role in roles:
            source = role.fetch(work)
            if source.is_dir():
                shutil.copytree(
                    source, prepared / role.name, symlinks=True, ignore=shutil.ignore_patterns(*tree.BESIDES)
                )
                continue
            unpacked.mkdir()
            try:
                archive.unpack(source, unpacked)
                _only(unpacked, role.packed_as).rename(prepared / role.name)
            except ReleaseError as error:
                raise ReleaseError(f"the role {role.packed_as} {role.version}: {error}; nothing was changed") from error
            unpacked.rmdir()
        return prepared

    def _variables(self, release: resolve.Release, roles: Path) -> tuple[dict[str, t.Any], list[str]]:
        values: dict[str, t.Any] = {}
        unmapped: list[str] = []
        for one in release.vectors:
            source, found = one.source, dict(one.source.mapping)
            if source.mapping_path:
                origin = f"the role {source.mapping_role}"
                found = {**mapping.find(_defaults(roles, source.mapping_role), source.mapping_path, origin), **found}
            read, without = mapping.variables(one.document, found)
            values = {**read, **values}
            unmapped += without
        unmapped = sorted(set(unmapped) - set(values))
        if unmapped and not self._allow_unmapped:
            raise ReleaseError(
                f"the release has no value for {', '.join(unmapped)}, which its roles take: they are of another "
                "version than the vector is for; correct what is replaced of ansible-roles, or say allow_unmapped"
            )
        return values, unmapped


def compared_with(former: Record, deployed: t.Mapping[str, t.Any]) -> t.Mapping[str, t.Any]:
    """The C(release) and C(components) that a release follows; empty where it is the first.

    former: what was installed here last, which another controller may have gone on from. deployed: what there is, which
    may tell no components where it was deployed from here.
    """
    if not deployed.get("release"):
        return former
    here = former if former.get("release") == deployed["release"] else {}
    return {"release": deployed["release"], "components": deployed["components"] or here.get("components", {})}


def moved(former: Record, release: resolve.Release) -> list[str]:
    """Names of releases that had another content when they were installed."""
    before = {one["url"]: one["digest"] for one in former.get("vectors", [])}
    return [
        f"{one.url} was {before[one.url]} when it was installed and is {one.digest} now; a release does not change: "
        f"find out who moved the tag, or say which one you mean, with @{one.digest}"
        for one in release.vectors
        if one.artifact and is_release(one.name) and before.get(one.url, one.digest) != one.digest
    ]


def changed_roles(former: Record, roles: t.Sequence[resolve.Role]) -> list[str]:
    """Roles of the same version and repository that had another content when they were installed.

    A record of before repositories were recorded is taken for one of the same repository.
    """
    before = former.get("roles", {})
    return [
        f"the role {role.name} {role.version} was {before[role.name]['digest']} when it was installed and is "
        f"{role.digest} now; a version does not change: find out who moved it, or replace "
        f"ansible-roles.{role.packed_as}.version with {role.version}@{role.digest}"
        for role in roles
        if isinstance(role.origin, Artifact)
        and is_release(role.version)
        and before.get(role.name, {}).get("version") == role.version
        and before[role.name].get("repository", role.repository) == role.repository
        and before[role.name]["digest"] != role.digest
    ]


def described(release: resolve.Release, roles: t.Sequence[resolve.Role], settings: Settings) -> Record:
    """What a stage remembers of a release."""
    return {
        "release": release.name,
        "vectors": [one.shown() for one in release.vectors],
        "components": release.components(),
        "roles": {role.name: role.shown() for role in roles},
        "replacements": settings.replacements,
    }


def absent(stage: Stage, dry: bool) -> Result:
    """Forget what a stage has. The module's result. Raises ReleaseError if the directory is no stage's."""
    try:
        former = stage.record()
    except ReleaseError:
        # A damaged one is a reason to remove it.
        former = {}
    there = stage.directory.exists()
    if there:
        stage.require_own()
    if there and not dry:
        stage.remove()
    return {"changed": there, "diff": {"before": _text(former), "after": ""}}


def _only(unpacked: Path, name: str) -> Path:
    """The directory that a packed role consists of."""
    found = sorted(path.name for path in unpacked.iterdir())
    if found != [name] or not (unpacked / name).is_dir():
        raise ReleaseError(f"it holds {', '.join(found) or 'nothing'}; expected one directory {name}")
    return unpacked / name


def _defaults(roles: Path, role: str) -> dict[str, t.Any]:
    """A role's defaults; the mapping is in one of metal-roles that has nothing else."""
    directory = roles / role / "defaults"
    for file in DEFAULTS:
        if (directory / file).is_file():
            return load((directory / file).read_text(encoding="utf-8"), f"{role}/defaults/{file}")
    raise ReleaseError(
        f"the release has no role {role} with defaults; correct include_role_defaults, which is a "
        "path below one of its roles"
    )


def _text(record: Record) -> str:
    """The lines of a diff, one a component."""
    vectors = [f"vector {one['url']} {one['digest']}\n" for one in record.get("vectors", [])]
    roles = [f"role {name}: {role['version']} {role['digest']}\n" for name, role in record.get("roles", {}).items()]
    return "".join(
        [*vectors, *roles, *(f"{name}: {version}\n" for name, version in record.get("components", {}).items())]
    )
