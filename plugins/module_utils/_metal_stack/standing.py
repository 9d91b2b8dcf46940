# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which release a control plane was brought to, as the cluster tells, so that any controller can go on. Pure.

It is kept in a ConfigMap of its own::

    release     the last release of which everything was deployed and healthy
    components  the versions of it that C(compare.refusals) looks at, as JSON
    begun       the release of a step that has not come to its end; empty without any
    since       when all of that was deployed and healthy first, in UTC and ISO 8601
"""

from __future__ import annotations

import datetime
import json
import types
import typing as t

from .._release import compare
from .._release.vector import Components
from .._release.versions import is_release, number
from . import record

NAME = "metal-stack-release"
WATCHED = (*compare.CORE, compare.KUBERNETES, *compare.STATEFUL)

Data = dict[str, str]


class Standing(t.NamedTuple):
    """Where a control plane is between releases.

    seen: the newest release that any component was deployed of. unfinished: components whose last deployment did not
    come to its end. since: when the release was reached, empty where nobody has marked that.
    mixed: the releases of the components where these are several, and nobody has marked one; empty for one without a
    name.
    """

    release: str = ""
    components: t.Mapping[str, str] = types.MappingProxyType({})
    begun: str = ""
    seen: str = ""
    unfinished: tuple[str, ...] = ()
    since: str = ""
    mixed: tuple[str, ...] = ()

    @property
    def under_way(self) -> str:
        """The release that is deployed in part, begun as a step or by a run of the role; empty without any."""
        if self.begun:
            return self.begun
        return self.seen if self.release and number(self.seen) > number(self.release) else ""

    def shown(self) -> dict[str, t.Any]:
        """As modules return it."""
        told = {"release": self.release, "begun": self.under_way, "since": self.since}
        return {**told, "components": dict(self.components)}


def read(marks: t.Mapping[str, str] | None, deployed: t.Mapping[str, record.Entry]) -> Standing:
    """marks: the ConfigMap's data, None without one. deployed: what C(record.parse) has of each component.

    Where nobody has marked a release, it is the newest one that a component was deployed of.
    """
    data = marks or {}
    # Whatever else somebody has deployed is no release that others follow.
    marked = data.get("release", "") if is_release(data.get("release", "")) else ""
    releases = [str(one.get("release", "")) for one in deployed.values()]
    seen = max((one for one in releases if is_release(one)), key=number, default="")
    return Standing(
        marked or seen,
        _versions(data.get("components", "")) if marked else {},
        data.get("begun", ""),
        seen,
        tuple(sorted(name for name, one in deployed.items() if one.get(record.UNFINISHED))),
        data.get("since", "") if marked else "",
        () if marked or len(set(releases)) < 2 else tuple(sorted(set(releases))),
    )


def begun(marks: t.Mapping[str, str] | None, release: str) -> Data:
    """The data once a step to a release has begun."""
    return {**(marks or {}), "begun": release}


def reached(
    marks: t.Mapping[str, str] | None, release: str, components: t.Mapping[str, str], moment: datetime.datetime
) -> Data:
    """The data once a release is deployed and healthy; as it was where nothing else was reached, or no final release.

    components: versions by their path in its vector. moment: now, in UTC.
    """
    watched = {name: version for name, version in components.items() if name in WATCHED}
    data = {"release": release, "components": json.dumps(watched, sort_keys=True), "begun": ""}
    before = dict(marks or {})
    stays = not is_release(release) or before.items() >= data.items()
    return before if stays else {**data, "since": moment.isoformat(timespec="seconds")}


def shown(data: t.Mapping[str, str] | None) -> str:
    """The lines of a diff."""
    if not data:
        return ""
    under_way = f"under way: {data['begun']}\n" if data.get("begun") else ""
    return f"release: {data.get('release', '')}\n{under_way}"


def _versions(text: str) -> Components:
    try:
        document = json.loads(text or "{}")
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
