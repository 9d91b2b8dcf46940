# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a runtime cluster is like, read of its API; nothing is changed."""

from __future__ import annotations

import typing as t

from .._gardener.client import Garden, Object, Refusal
from .._metal_stack import addresses
from .kinds import (
    BACKUP_BUCKET,
    CONFIG_MAP,
    DAEMON_SET,
    DEPLOYMENT,
    DNS_RECORD,
    EXTENSION,
    GARDEN,
    NAMESPACE,
    NODE,
    OPERATOR,
    SECRET,
    SERVICE,
    SPACE,
    STORAGE_CLASS,
    Kind,
)
from .surroundings import SERVICE_LB, Facts

# The Secrets by which helm takes the operator's release for one that is being deployed just now.
_PENDING = f"owner=helm,name={OPERATOR},status in (pending-install,pending-upgrade,pending-rollback)"


def read(cluster: Garden) -> Facts:
    """All that is compared with what is wanted. Raises Unreachable."""
    gardens = listed(cluster, GARDEN)
    return Facts(
        version=cluster.version(),
        nodes=cluster.list(NODE),
        services=cluster.list(SERVICE),
        daemon_sets=cluster.list(DAEMON_SET, labels=SERVICE_LB),
        classes=cluster.list(STORAGE_CLASS),
        pool=cluster.get(CONFIG_MAP, *addresses.POOL),
        space=cluster.get(NAMESPACE, "", SPACE),
        secrets=cluster.names(SECRET, SPACE),
        operator=cluster.get(DEPLOYMENT, SPACE, OPERATOR),
        pending=cluster.names(SECRET, SPACE, _PENDING),
        served=gardens is not None,
        gardens=gardens or [],
        extensions=listed(cluster, EXTENSION) or [],
    )


def listed(cluster: Garden, kind: Kind) -> list[Object] | None:
    """All of a kind; None where the API has no such kind."""
    try:
        return cluster.list(kind)
    except Refusal as error:
        if error.status != 404:
            raise
        return None


def find(cluster: Garden, kind: Kind, namespace: str, name: str) -> Object | None:
    """An object; None where there is none, or the API has no such kind."""
    try:
        return cluster.get(kind, namespace, name)
    except Refusal as error:
        if error.status != 404:
            raise
        return None


def stuck(cluster: Garden) -> list[Object]:
    """The records in the DNS and the buckets that a garden has made for itself."""
    found: list[Object] = []
    for kind, namespace in ((DNS_RECORD, SPACE), (BACKUP_BUCKET, "")):
        try:
            found += cluster.list(kind, namespace)
        except Refusal as error:
            # Its definition comes with the first reconciliation.
            if error.status != 404:
                raise
    return found


def standing(cluster: Garden, name: str, extensions: t.Iterable[str]) -> tuple[Object | None, list[Object]]:
    """A Garden and its extensions as they are now, those that are there."""
    found = [cluster.get(EXTENSION, "", one) for one in extensions]
    return cluster.get(GARDEN, "", name), [one for one in found if one is not None]
