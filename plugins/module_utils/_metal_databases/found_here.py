# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The databases of the cluster of this server, by their sidecars."""

from __future__ import annotations

import typing as t

from .._kube.kinds import CONFIG_MAP, SECRET, STATEFUL_SET
from . import deployed, marker, sidecars
from .sidecars import Sidecar

Object = dict[str, t.Any]


class Objects(t.Protocol):
    """What is needed of C(OwnCluster)."""

    def get(self, kind: str, name: str) -> Object | None: ...

    def all(self, kind: str) -> list[Object]: ...


def found(cluster: Objects, expected: t.Collection[str] = ()) -> list[Sidecar]:
    """All with a sidecar. expected: names of those that the site has, of which each is told, whatever there is of it.

    Left out is what is not expected and backs up locally, as where a site has no object storage for databases.
    """
    told = [_of(one, cluster) for one in cluster.all(STATEFUL_SET) if sidecars.database(one)]
    known = {one.name for one in told}
    told += [sidecars.missing(name) for name in expected if name not in known]
    return [one for one in told if one.provider != sidecars.LOCAL or one.name in expected]


def again(cluster: Objects, name: str) -> Sidecar:
    """What there is of one by now."""
    one = cluster.get(STATEFUL_SET, name)
    return _of(one, cluster) if one and sidecars.database(one) else sidecars.missing(name)


def _of(one: Object, cluster: Objects) -> Sidecar:
    config, name = sidecars.config_map(one), one["metadata"]["name"]
    provider = cluster.get(SECRET, deployed.provider(name))
    restoring = cluster.get(CONFIG_MAP, marker.called(name)) is not None
    return sidecars.of(one, cluster.get(CONFIG_MAP, config) if config else None, provider, restoring)
