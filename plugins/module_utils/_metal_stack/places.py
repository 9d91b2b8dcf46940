# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where objects of whatever kind are in the API, as the cluster tells it or what it is given brings it."""

from __future__ import annotations

import typing as t

from .._kube.client import Cluster
from .addons import CRD, Object
from .errors import StackError


class Resource(t.NamedTuple):
    """What a kind is called in a path."""

    plural: str
    namespaced: bool


class Places:
    """found: objects whose CustomResourceDefinitions count before the cluster has them."""

    def __init__(self, cluster: Cluster, found: t.Iterable[Object]) -> None:
        self._cluster = cluster
        self._listed: dict[str, dict[str, Resource]] = {}
        self._brought = {
            (f"{one['spec']['group']}/{version['name']}", one["spec"]["names"]["kind"]): Resource(
                one["spec"]["names"]["plural"], one["spec"]["scope"] == "Namespaced"
            )
            for one in found
            if one["kind"] == CRD
            for version in one["spec"]["versions"]
        }

    def namespaced(self, one: Object) -> bool:
        """Whether objects of its kind are in a namespace."""
        return self._resource(one).namespaced

    def path(self, one: Object) -> str:
        """The path of an object. Raises StackError for a kind that nobody has."""
        metadata, resource = one["metadata"], self._resource(one)
        inside = f"/namespaces/{metadata['namespace']}" if resource.namespaced else ""
        return f"{_base(one['apiVersion'])}{inside}/{resource.plural}/{metadata['name']}"

    def knows(self, one: Object) -> bool:
        """Whether the kind of an object is there, or comes."""
        return self._known(one) is not None

    def _known(self, one: Object) -> Resource | None:
        version, kind = one["apiVersion"], one["kind"]
        return self._brought.get((version, kind)) or self._of_cluster(version).get(kind)

    def _resource(self, one: Object) -> Resource:
        version, kind = one["apiVersion"], one["kind"]
        found = self._known(one)
        if found is None:
            raise StackError(
                f"the cluster has no {kind} of {version}, as {one['metadata']['name']} is one -> give what defines it"
                " before it, in addons"
            )
        return found

    def _of_cluster(self, version: str) -> dict[str, Resource]:
        if version not in self._listed:
            listed = (self._cluster.find(_base(version)) or {}).get("resources") or []
            self._listed[version] = {
                one["kind"]: Resource(one["name"], one["namespaced"]) for one in listed if "/" not in one["name"]
            }
        return self._listed[version]


def _base(version: str) -> str:
    return f"/{'apis' if '/' in version else 'api'}/{version}"
