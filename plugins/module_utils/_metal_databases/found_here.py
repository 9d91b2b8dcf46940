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


def found(cluster: Objects) -> list[Sidecar]:
    """Those that back up to an object storage of S3; none where there is no metal-stack."""
    told = []
    for one in cluster.all(STATEFUL_SET):
        config, name = sidecars.config_map(one), one["metadata"]["name"]
        if config:
            provider = cluster.get(SECRET, deployed.provider(name))
            restoring = cluster.get(CONFIG_MAP, marker.called(name)) is not None
            told.append(sidecars.of(one, cluster.get(CONFIG_MAP, config), provider, restoring))
    return [one for one in told if one]
