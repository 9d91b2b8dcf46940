# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options by which modules are given a cluster, see the doc fragment metal_cluster."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import env_fallback

from .._kube.client import Cluster
from .._kube.namespace import Namespace

_TEXT = {"type": "str", "default": ""}
OPTIONS: dict[str, dict[str, t.Any]] = {
    "kubeconfig": {
        "type": "path",
        "required": True,
        # metal-roles need both, for their modules and for helm.
        "fallback": (env_fallback, ["K8S_AUTH_KUBECONFIG", "KUBECONFIG"]),
    },
    "context": _TEXT,
    "namespace": {"type": "str", "default": "metal-control-plane"},
    "timeout": {"type": "int", "default": 60},
}


def cluster(given: t.Mapping[str, t.Any]) -> Namespace:
    return Namespace(Cluster(given["kubeconfig"], given["context"], given["timeout"]), given["namespace"])
