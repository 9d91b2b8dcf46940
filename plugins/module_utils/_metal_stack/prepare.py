# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Has a cluster prepared for metal-stack, or tells what that would change."""

from __future__ import annotations

import typing as t

from .._k3s import objects
from .._kube.client import Cluster
from . import preparation
from .errors import refuse
from .preparation import Object

_SECONDS = 30.0


def prepare(given: t.Mapping[str, t.Any], cluster: Cluster, dry: bool) -> dict[str, t.Any]:
    """C(changed), C(objects) with the names of those that have changed, and C(diff). Raises StackError."""
    found = cluster.find("/apis/storage.k8s.io/v1/storageclasses") or {}
    maps = preparation.config_maps(given)
    there = objects.look(cluster, maps)
    foreign = [
        (wanted, have) for wanted, have in zip(maps, there, strict=True) if have is not None and not objects.ours(have)
    ]
    refuse(
        [
            *preparation.without_kinds(given, cluster.resources(preparation.GROUP)),
            *preparation.without_class(given, found.get("items") or []),
            *(text for wanted, have in foreign for text in preparation.strangers(wanted, have)),
        ]
    )
    left = [pair[0] for pair in foreign]
    spaces = preparation.namespaces(given)
    # A namespace is there or not, and what others have put on it stays.
    missing = [one for one, have in zip(spaces, objects.look(cluster, spaces), strict=True) if have is None]
    wanted = objects.composed([*missing, *(one for one in maps if one not in left)], {})
    before = objects.look(cluster, wanted)
    after = [objects.apply(cluster, one, have, _SECONDS, dry) for one, have in zip(wanted, before, strict=True)]
    return _compared(before, after)


def _compared(before: list[Object | None], after: list[Object]) -> dict[str, t.Any]:
    pairs = [
        (objects.shown(old), objects.shown(new, old), objects.name(new)) for old, new in zip(before, after, strict=True)
    ]
    changed = {name: (old, new) for old, new, name in pairs if old != new}
    old, new = ({name: pair[side] for name, pair in changed.items()} for side in (0, 1))
    return {"changed": bool(changed), "objects": list(changed), "diff": {"before": old, "after": new}}
