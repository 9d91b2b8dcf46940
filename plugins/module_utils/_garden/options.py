# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a garden is described by, as the document fragment C(gardener_garden) has it."""

from __future__ import annotations

import typing as t

from .._gardener import options
from .._gardener.client import Garden

Given = t.Mapping[str, t.Any]
Specification = dict[str, dict[str, t.Any]]

CLUSTER: Specification = dict(options.GARDEN)
ONE: Specification = {**CLUSTER, "name": {"type": "str", "default": "garden"}}
_NEEDED: dict[str, t.Any] = {"type": "str", "required": True}
_TEXT: dict[str, t.Any] = {"type": "str", "default": ""}
_TEXTS: dict[str, t.Any] = {"type": "list", "elements": "str", "default": []}
_TABLE: dict[str, t.Any] = {"type": "dict", "default": {}}
DNS: Specification = {"name": _TEXT, "type": _NEEDED, "secret_name": _NEEDED, "config": _TABLE}
BACKUP: Specification = {
    "provider": _TEXT, "bucket": _TEXT, "region": _TEXT, "secret_name": _TEXT, "config": _TABLE,
}  # fmt: skip
EXTENSION: Specification = {"name": _NEEDED, "spec": {"type": "dict", "required": True}}
OTHER: Specification = {
    "name": _NEEDED, "cluster_identity": _TEXT, "bucket": _TEXT, "domains": _TEXTS, "networks": _TEXTS,
}  # fmt: skip
MAINTENANCE: Specification = {
    "begin": {"type": "str", "default": "220000+0000"}, "end": {"type": "str", "default": "230000+0000"},
}  # fmt: skip
STORAGE: Specification = {"class_name": _TEXT, "main": _TEXT, "events": _TEXT}
WANTED: Specification = {
    "name": {"type": "str", "default": "garden"},
    "version": _NEEDED,
    "kubernetes_version": _NEEDED,
    "cluster_identity": _TEXT,
    "ingress_domains": _TEXTS,
    "virtual_domains": _TEXTS,
    "nodes": _TEXTS,
    "pods": _TEXTS,
    "services": _TEXTS,
    "virtual_services": _TEXTS,
    "taken_networks": {"type": "dict", "default": {"headscale": "100.64.0.0/10"}},
    "dns": {"type": "list", "elements": "dict", "default": [], "options": DNS},
    "backup": {"type": "dict", "default": {}, "options": BACKUP, "apply_defaults": True},
    "region": _TEXT,
    "zones": _TEXTS,
    "high_availability": {"type": "bool", "default": False},
    "storage": {"type": "dict", "default": {}, "options": STORAGE, "apply_defaults": True},
    "maintenance": {"type": "dict", "default": {}, "options": MAINTENANCE, "apply_defaults": True},
    "load_balancers": {"type": "int", "default": 0},
    "load_balancer_annotations": _TABLE,
    "seed": {"type": "bool", "default": True},
    "seed_api_url": _TEXT,
    "extensions": {"type": "list", "elements": "dict", "default": [], "options": EXTENSION},
    "infrastructure": {"type": "str", "default": "metal"},
    "network_types": {"type": "list", "elements": "str", "default": ["calico"]},
    "operating_systems": _TEXTS,
    "others": {"type": "list", "elements": "dict", "default": [], "options": OTHER},
    "spec": _TABLE,
}
SECRET: Specification = {
    "name": _NEEDED,
    "data": {"type": "dict", "default": {}, "no_log": True},
    "files": {"type": "dict", "default": {}},
}
GARDEN: Specification = {
    **CLUSTER,
    "garden": {"type": "dict", "required": True, "options": WANTED},
    "secrets": {"type": "list", "elements": "dict", "default": [], "no_log": False, "options": SECRET},
}


# What Secrets of DNS and backup hold beside what lets in.
PUBLIC = ("endpoint", "insecureSkipVerify", "region", "s3ForcePathStyle", "server", "virtualHost")


def unmask(module: t.Any) -> None:
    """Let a module tell what is no secret of its C(secrets): by the word true, or a region, errors become riddles."""
    for one in module.params["secrets"]:
        module.no_log_values.difference_update(str(value) for key, value in one["data"].items() if key in PUBLIC)


def opened(given: Given) -> Garden:
    """The runtime cluster of an option C(kubeconfig). Raises Unreachable where the file cannot be used."""
    return options.opened(given)
