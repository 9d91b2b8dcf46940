# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that Gardener would not take, or take and never be able to change. Pure.

As pkg/api/core/validation/{project,shoot,utils}.go and plugin/pkg/shoot/validator of Gardener v1.138 have them.
"""

from __future__ import annotations

import re
import typing as t

from .options import GARDENER, SEED, SINGLE, Given

# The technical id of both, C(shoot--PROJECT--NAME), is a part of DNS names and of names at the infrastructure.
TOGETHER = 21
PROJECT = 10
PREFIX = "garden-"
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_EXPECTED = "expected small letters, digits and single hyphens"


def namespace(given: Given) -> str:
    """That of the project: the one given, or the one that Gardener calls by its name."""
    return given["namespace"] or f"{PREFIX}{given['project']}"


def complaints(given: Given) -> list[str]:
    """given: as C(options.TARGET) has it."""
    project, names = given["project"], [one["name"] for one in given["shoots"]]
    found = [f"project is {project!r}, {_EXPECTED}"] if _strange(project) else []
    if len(project) > PROJECT:
        found.append(f"project {project} has {len(project)} characters, expected {PROJECT} at most")
    if given["namespace"] and not _of_project(given["namespace"]):
        found.append(f"namespace is {given['namespace']!r}, expected 'garden' or one that begins with {PREFIX}")
    if not names:
        found.append("shoots is empty, expected one at least")
    found += [f"shoots: {name!r} is no name, {_EXPECTED}" for name in names if _strange(name)]
    found += [f"shoots: {name} is there twice -> name each once" for name in _twice(names)]
    return found + _together(project, names) + _carried(given)


def _strange(name: str) -> bool:
    return "--" in name or not _LABEL.fullmatch(name)


def _of_project(name: str) -> bool:
    return name == "garden" or bool(_LABEL.fullmatch(name) and name.startswith(PREFIX) and name != PREFIX)


def _together(project: str, names: t.Sequence[str]) -> list[str]:
    return [
        f"shoots: {project} and {name} have {length} characters together, expected {TOGETHER} at most -> shorten one of"
        " them; neither can be changed later"
        for name in dict.fromkeys(names)
        if (length := len(project) + len(name)) > TOGETHER
    ]


def _carried(given: Given) -> list[str]:
    """A part of the second stage has one cluster, but for seeds of its garden."""
    found = []
    for part in SINGLE:
        carriers = _carriers(given, part)
        if len(carriers) > 1:
            found.append(f"shoots: {', '.join(carriers)} carry {part} -> have one of them do so")
    seeds = _carriers(given, SEED)
    if seeds and not _carriers(given, GARDENER):
        found.append(
            f"shoots: {', '.join(seeds)} carry {SEED}, and none carries {GARDENER}, whose garden they would be seeds of"
            " -> have one of them do so"
        )
    return found + [
        f"shoots: {name} carries {SEED} and {GARDENER}, whose own cluster is a seed by seed_name of"
        f" site_target_gardener -> leave {SEED} out"
        for name in seeds
        if name in _carriers(given, GARDENER)
    ]


def _carriers(given: Given, part: str) -> list[str]:
    return [one["name"] for one in given["shoots"] if part in one["carries"]]


def _twice(names: t.Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
