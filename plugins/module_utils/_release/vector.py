# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release vector: parsed, checked, changed by the inventory, read by dotted paths. Pure.

Source of the format: `release.yaml` of metal-stack/releases; keys contain dashes and no dots.
"""

from __future__ import annotations

import copy
import typing as t

from .errors import ReleaseError, refuse
from .versions import minor

# The key that holds a component's version; a chart has C(version) and C(tag), of which Helm asks for the first.
VERSION_KEYS = ("version", "tag", "ref")
IMAGES = "docker-images"
GARDENER = "docker-images.third-party.gardener"
GARDENER_CORE = ("operator", "api-server", "controller-manager", "scheduler", "admission-controller", "gardenlet")
GARDENLET_MINORS = 2

Vector = dict[str, t.Any]
Components = dict[str, str]


class NoSuchPath(ReleaseError):
    """The vector has nothing at this path."""


def load(text: str, origin: str) -> dict[t.Any, t.Any]:
    """The mapping that a YAML text holds; C(origin) is what errors name."""
    import yaml

    try:
        document = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # A date that no calendar has is a ValueError, and lists in lists without end a RecursionError.
        raise ReleaseError(f"{origin} is no YAML: {error}") from error
    if not isinstance(document, dict):
        raise ReleaseError(f"{origin} holds no mapping")
    return document


def parse(text: str, origin: str) -> Vector:
    """The vector that a YAML text holds."""
    document = load(text, origin)
    if not document:
        raise ReleaseError(f"{origin} is empty; expected a release vector with ansible-roles, docker-images, ...")
    try:
        problems = _misshapen(document, origin)
    except RecursionError as error:
        raise ReleaseError(f"{origin} has an alias of what is around it; expected a tree") from error
    refuse(problems)
    return document


def at(vector: Vector, path: str) -> t.Any:
    """What a vector has at a dotted path."""
    value: t.Any = vector
    for key in path.split("."):
        if not isinstance(value, dict) or key not in value:
            raise NoSuchPath(f"it has no {path}")
        value = value[key]
    return value


def substituted(vector: Vector, replacements: t.Sequence[t.Mapping[str, str]]) -> Vector:
    """Every text at a key with a part of it exchanged, wherever the key is; as C(replace) of metal-stack's own action.

    A replacement has C(key), C(old) and C(new).
    """
    changed = copy.deepcopy(vector)
    for replacement in replacements:
        _substitute(changed, replacement["key"], replacement["old"], replacement["new"])
    return changed


def replaced(vectors: t.Sequence[Vector], values: t.Mapping[str, str]) -> list[Vector]:
    """The vectors with single values of the inventory, by dotted path; the first vector that has the path takes it.

    A path that no vector has is a mistake of whoever wrote it, and so is a value that is no text.
    """
    changed = [copy.deepcopy(vector) for vector in vectors]
    problems = []
    for path, value in values.items():
        holder = next((vector for vector in changed if _has_text(vector, path)), None)
        if holder is None:
            problems.append(f"replacements has {path}, which is no value of the release; {_near(vectors, path)}")
        elif not isinstance(value, str) or not value:
            problems.append(f"replacements has {value!r} for {path}; expected a text, in quotes")
        else:
            parent, _dot, key = path.rpartition(".")
            (at(holder, parent) if parent else holder)[key] = value
    refuse(problems)
    return changed


def components(vector: Vector) -> Components:
    """The version of every component, by the dotted path of the component."""
    return dict(_components(vector, ()))


def images(vector: Vector) -> list[str]:
    """Every image that a vector names, as C(NAME:TAG); one without a registry is Docker's."""
    named = vector.get(IMAGES)
    return sorted(set(_images(named))) if isinstance(named, dict) else []


def merged(vectors: t.Sequence[Vector]) -> Components:
    """The versions that several vectors give; who comes first wins, as with variables."""
    found: Components = {}
    for vector in reversed(vectors):
        found |= components(vector)
    return dict(sorted(found.items()))


def skew(versions: Components) -> list[str]:
    """What is wrong with Gardener's own parts, one beside the other.

    Source: Gardener's version skew policy: gardenlet is not newer than gardener-apiserver, and at most two minors
    older; the others are released, and deployed by the operator, as one. Minors are compared, for releases of
    metal-stack have had builds of their own, such as api-server v1.131-image-defaulting beside v1.131.5.
    """
    core = {name: versions[f"{GARDENER}.{name}"] for name in GARDENER_CORE if f"{GARDENER}.{name}" in versions}
    server, gardenlet = minor(core.get("api-server", "")), minor(core.pop("gardenlet", ""))
    problems = []
    if len({minor(version) for version in core.values()}) > 1:
        listed = ", ".join(f"{name} {version}" for name, version in core.items())
        problems.append(f"parts of one Gardener have different minors: {listed}; replace all of them or none")
    if server and gardenlet and not 0 <= server[1] - gardenlet[1] <= GARDENLET_MINORS:
        problems.append(
            f"gardenlet {versions[f'{GARDENER}.gardenlet']} does not go with api-server {core['api-server']}; "
            f"expected the same minor, or up to {GARDENLET_MINORS} below it"
        )
    return problems


def _misshapen(document: Vector, origin: str) -> list[str]:
    problems = []
    for path, value in _leaves(document, ()):
        if any(not isinstance(key, str) or "." in key for key in path):
            problems.append(f"{origin} has the key {path[-1]!r}; expected texts without a dot")
        elif path[-1] in (*VERSION_KEYS, "name", "oci") and not isinstance(value, str):
            problems.append(f"{origin} has {value!r} for {'.'.join(path)}; expected a text, in quotes")
    return problems


def _leaves(node: t.Any, path: tuple[t.Any, ...]) -> t.Iterator[tuple[tuple[t.Any, ...], t.Any]]:
    for key, value in node.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _components(node: Vector, path: tuple[str, ...]) -> t.Iterator[tuple[str, str]]:
    version = next((node[key] for key in VERSION_KEYS if isinstance(node.get(key), str)), None)
    if version is not None and path:
        yield ".".join(path), version
    for key, value in node.items():
        if isinstance(value, dict):
            yield from _components(value, (*path, key))


def _images(node: Vector) -> t.Iterator[str]:
    if isinstance(node.get("name"), str) and isinstance(node.get("tag"), str):
        yield f"{node['name']}:{node['tag']}"
    for value in node.values():
        if isinstance(value, dict):
            yield from _images(value)


def _substitute(node: Vector, key: str, old: str, new: str) -> None:
    for name, value in node.items():
        if isinstance(value, dict):
            _substitute(value, key, old, new)
        elif name == key and isinstance(value, str):
            node[name] = value.replace(old, new)


def _has_text(vector: Vector, path: str) -> bool:
    try:
        return isinstance(at(vector, path), str)
    except NoSuchPath:
        return False


def _near(vectors: t.Sequence[Vector], path: str) -> str:
    """What somebody may have meant: values whose path has the same component in it."""
    name = path.split(".")[-2] if "." in path else path
    texts = {".".join(keys) for vector in vectors for keys, value in _leaves(vector, ()) if isinstance(value, str)}
    near = sorted(text for text in texts if name in text.split("."))
    return f"did you mean {' or '.join(near[:3])}" if near else "expected the path of a value, such as NAME.tag"
