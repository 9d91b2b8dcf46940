# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known in the cluster of each add-on, so that what is not wanted any more is found again. Pure.

It is kept in one ConfigMap of the control plane's namespace, a key an add-on.
"""

from __future__ import annotations

import hashlib
import json
import typing as t

from .._k3s import objects
from .._kube.kinds import JOB
from .addons import HOOK, Addon, Object

NAME = "metal-stack-addons"


class Entry(t.NamedTuple):
    """What an add-on has in the cluster: the names of its objects by their path, in the order in which they were made.

    place: of the add-on in the order in which all were made. digest: of the objects that were applied last, empty while
    they are.
    """

    objects: dict[str, str]
    place: int = 0
    digest: str = ""


def digest(addon: Addon) -> str:
    """What tells whether an add-on has other objects; what a Secret holds is none of it."""
    shown = [{key: value for key, value in one.items() if _is_told(one, key)} for one in addon.objects]
    return hashlib.sha256(json.dumps(shown, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _is_told(one: Object, key: str) -> bool:
    return one["kind"] != objects.SECRET or key != "data"


def is_passing(one: Object) -> bool:
    """Whether an object is removed by itself after it has done its part, and is made with another version alone."""
    annotations = one["metadata"].get("annotations") or {}
    return one["kind"] == JOB and (HOOK in annotations or "ttlSecondsAfterFinished" in one["spec"])


def begun(before: t.Mapping[str, Entry], wanted: t.Mapping[str, t.Mapping[str, str]]) -> dict[str, Entry]:
    """What is recorded before anything is applied: all that there may be from then on.

    wanted: the names of objects by path, of each add-on.
    """
    found = dict(before)
    for place, (name, named) in enumerate(wanted.items()):
        old = before.get(name, Entry({}))
        added = [path for path in named if path not in old.objects]
        there = {**old.objects, **{path: named[path] for path in added}}
        found[name] = Entry(there, place, "" if added else old.digest)
    return found


def encode(entry: Entry) -> str:
    return json.dumps(entry._asdict())


def parse(data: t.Mapping[str, str] | None) -> dict[str, Entry]:
    """The entries of a ConfigMap; one that nobody could have written is none."""
    found = {}
    for name, text in (data or {}).items():
        try:
            one = json.loads(text)
            named = {str(path): str(shown) for path, shown in one["objects"].items()}
            found[name] = Entry(named, int(one["place"]), str(one["digest"]))
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
    return found
