# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""By which id a task knows an object. Pure.

It is the server's own or, where the server makes its own, one that is kept in a label.
"""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import Refused
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Kind, Labels
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.store import Found

# Upstream's own modules keep an object's id there where the server makes one of its own.
IDENTIFIER = "ci.metal-stack.io/id"


def by_id(kind: Kind, objects: t.Iterable[Found]) -> dict[str, Found]:
    found: dict[str, Found] = {}
    for one in objects:
        other = found.setdefault(one.id, one)
        if other.key != one.key:
            keys = f"{other.key} and {one.key}"
            raise Refused(f"{kind.name} {one.id}: {keys} have this id (label {IDENTIFIER}): take it from one of them")
    return found


def of(kind: Kind, server_id: str, labels: Labels) -> tuple[str, str]:
    """The id of a task, which is taken out of the labels where it is kept there, and then the server's own."""
    if not kind.labelled:
        return server_id, ""
    return labels.pop(IDENTIFIER, server_id), server_id


def marked(kind: Kind, found: Found, labels: Labels) -> Labels:
    """With the id of a task, for one that has or gets it."""
    return {**labels, IDENTIFIER: found.id} if kind.labelled and found.id != found.server_id else labels
