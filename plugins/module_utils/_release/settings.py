# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules are told about vectors, as values; all mistakes at once. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from .._artifact.registry import Access
from . import reference
from .errors import ReleaseError, refuse
from .reference import Mirror
from .trust import Trust

Options = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class Source:
    """One vector. C(url) is empty for a nested one until the vector around it has been read."""

    url: str
    sha256: str
    access: Access
    trust: Trust
    mapping: dict[str, str]
    mapping_path: str
    mapping_role: str
    install_roles: bool
    roles_path: str
    aliases: dict[str, str]
    substitutions: tuple[Options, ...]
    url_path: str = ""
    nested: tuple[Source, ...] = ()

    def refusals(self, url: str) -> list[str]:
        """Why what is at this URL is not taken. A file is the inventory's own; only its roles can be signed."""
        name = reference.kind(url)
        if name == "oci":
            pinned = [f"sha256 is given beside {url}; expected @sha256:... in its URL instead"] if self.sha256 else []
            return [*_problem(reference.parse, url), *pinned, *self.trust.refusals(url)]
        if name == "url" and not self.sha256 and self.trust.required:
            return [f"nothing says what {url} must be; give its sha256, or verify: false"]
        return _problem(reference.without_credentials, url) if name == "url" else []


@dataclass(frozen=True)
class Settings:
    """The vectors in the order in which they win, and what holds for all of them."""

    sources: tuple[Source, ...]
    mirrors: tuple[Mirror, ...]
    replacements: dict[str, str]
    roles: dict[str, str]

    def only(self, url: str) -> Settings:
        """Another vector, which is read as the first is, and nothing of it changed; it has no checksum."""
        first = replace(self.sources[0], url=url, sha256="")
        if reference.kind(url) == "url" and first.trust.required:
            refuse([f"nothing says what {url} must be; give former as a file or oci://..., or verify: false"])
        refuse(first.refusals(url))
        return replace(self, sources=(first,), replacements={}, roles={})


def read(options: Options) -> Settings:
    """The settings that a module's options hold. Raises ReleaseError with everything that is wrong with them."""
    required, cosign = options["verify"], options["cosign"] or ""
    sources = tuple(_source(one, required, cosign) for one in options["vectors"])
    problems = [problem for source in sources for problem in (*source.refusals(source.url), *_unmapped(source))]
    roles = options.get("roles") or {}
    refuse([*problems, *_no_texts("roles", roles)])
    return Settings(
        sources=sources,
        mirrors=tuple(_mirror(one) for one in options["registry_mirrors"]),
        replacements=dict(options["replacements"]),
        roles=dict(roles),
    )


def _unmapped(source: Source) -> list[str]:
    """What is wrong with the mappings of a vector and of those in it."""
    problems = _no_texts("variable_mapping", source.mapping)
    if source.mapping_path and not source.mapping_role:
        problems.append(
            f"variable_mapping_path is {source.mapping_path} without include_role_defaults, the role that has it"
        )
    return [*problems, *(problem for one in source.nested for problem in _unmapped(one))]


def _no_texts(option: str, values: Options) -> list[str]:
    return [
        f"{option} has {value!r} for {name}; expected a text, in quotes"
        for name, value in values.items()
        if not isinstance(value, str)
    ]


def _source(options: Options, required: bool, cosign: str) -> Source:
    return Source(
        url=options.get("url") or "",
        url_path=options.get("url_path") or "",
        sha256=options["sha256"] or "",
        access=Access(
            options["oci_registry_scheme"] == "http",
            options["oci_registry_username"] or "",
            options["oci_registry_password"] or "",
        ),
        trust=Trust(
            key=options["oci_cosign_verify_key"] or "",
            identity=options["oci_cosign_verify_certificate_identity"] or "",
            issuer=options["oci_cosign_verify_certificate_oidc_issuer"] or "",
            cosign=cosign,
            required=required,
        ),
        mapping=dict(options["variable_mapping"]),
        mapping_path=options["variable_mapping_path"] or "",
        mapping_role=options["include_role_defaults"] or "",
        install_roles=options["install_roles"],
        roles_path=options["ansible_roles_path"],
        aliases={one["name"]: one["alias"] for one in options["role_aliases"]},
        substitutions=tuple(options["replace"]),
        nested=tuple(_source(one, required, cosign) for one in options.get("nested") or ()),
    )


def _mirror(options: Options) -> Mirror:
    access = Access(options["scheme"] == "http", options["username"] or "", options["password"] or "")
    return Mirror(options["registry"].rstrip("/"), options["location"].rstrip("/"), access)


def _problem(check: t.Callable[[str], t.Any], url: str) -> list[str]:
    try:
        check(url)
    except ReleaseError as error:
        return [str(error)]
    return []
