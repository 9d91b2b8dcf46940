# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of objects that a garden is asked for, and where its API has them. Pure."""

from __future__ import annotations

import typing as t


class Kind(t.NamedTuple):
    """version: group and version, as C(apiVersion) has them. name: as C(kind) has it. plural: as the path has it."""

    version: str
    name: str
    plural: str


SHOOT = Kind("core.gardener.cloud/v1beta1", "Shoot", "shoots")
SEED = Kind("core.gardener.cloud/v1beta1", "Seed", "seeds")
MANAGED_SEED = Kind("seedmanagement.gardener.cloud/v1alpha1", "ManagedSeed", "managedseeds")
CONFIG_MAP = Kind("v1", "ConfigMap", "configmaps")


def path(kind: Kind, namespace: str = "", name: str = "", subresource: str = "") -> str:
    """Where an object is, without a name all of a kind. namespace: empty for all, and for kinds without."""
    root = f"/apis/{kind.version}" if "/" in kind.version else f"/api/{kind.version}"
    inside = f"/namespaces/{namespace}" if namespace else ""
    return "/".join([f"{root}{inside}/{kind.plural}", *(part for part in (name, subresource) if part)])
