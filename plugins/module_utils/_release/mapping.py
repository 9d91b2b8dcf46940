# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which variables of metal-stack's roles a release sets. Pure.

Source: C(metal_stack_release.mapping) of metal-roles, C(common/roles/defaults): the name of a variable and the dotted
path of its value in the vector.
"""

from __future__ import annotations

import typing as t

from .errors import ReleaseError
from .vector import NoSuchPath, Vector, at

Mapping = dict[str, str]


def find(variables: t.Mapping[str, t.Any], path: str, origin: str) -> Mapping:
    """The mapping at a dotted path of variables, such as a role's defaults, which are what C(origin) names."""
    try:
        found = at(dict(variables), path)
    except NoSuchPath as error:
        raise ReleaseError(f"{origin} has no mapping at {path}; correct variable_mapping_path") from error
    if not isinstance(found, dict) or not all(isinstance(one, str) for pair in found.items() for one in pair):
        raise ReleaseError(f"{path} of {origin} is no mapping; expected names of variables, each with a dotted path")
    return found


def variables(vector: Vector, mapping: Mapping) -> tuple[dict[str, t.Any], list[str]]:
    """The values by variable, and the variables for which the vector has none."""
    values: dict[str, t.Any] = {}
    unmapped = []
    for name, path in mapping.items():
        try:
            values[name] = at(vector, path)
        except NoSuchPath:
            unmapped.append(name)
    return values, unmapped
