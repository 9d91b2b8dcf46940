# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a target is described by, as an argument specification: shoots of one project, and both stages."""

from __future__ import annotations

import typing as t

Given = t.Mapping[str, t.Any]
Specification = dict[str, dict[str, t.Any]]

# What a shoot carries of the second stage, in the order in which they are removed: a seed is one of the garden's,
# Gardener's machines are allocated by metal-stack, and monitoring watches until the end.
SEED, GARDENER, METAL_STACK, MONITORING = "seed", "gardener", "metal_stack", "monitoring"
CARRIED = (SEED, GARDENER, METAL_STACK, MONITORING)
# Of which there is one in a stage.
SINGLE = (GARDENER, METAL_STACK, MONITORING)

_NEEDED: dict[str, t.Any] = {"type": "str", "required": True}
_TEXT: dict[str, t.Any] = {"type": "str", "default": ""}
_DICT: dict[str, t.Any] = {"type": "dict", "default": {}}
_TEXTS: dict[str, t.Any] = {"type": "list", "elements": "str", "default": []}
_DICTS: dict[str, t.Any] = {"type": "list", "elements": "dict", "default": []}

FIREWALL: Specification = {
    "size": _NEEDED,
    "image": _NEEDED,
    "networks": {"type": "list", "elements": "str", "required": True},
    "controller_version": _TEXT,
    "auto_update_machine_image": {"type": "bool", "default": False},
    "rate_limits": _DICTS,
    "egress_rules": _DICTS,
}
SHOOT: Specification = {
    "name": _NEEDED,
    "carries": {"type": "list", "elements": "str", "choices": list(CARRIED), "default": []},
    "kubernetes_version": _NEEDED,
    "cloud_profile": {"type": "str", "default": "metal"},
    "region": _NEEDED,
    "partition": _NEEDED,
    "project_id": _NEEDED,
    "tenant": _TEXT,
    "purpose": {"type": "str", "default": "production"},
    "seed": _TEXT,
    "network_type": {"type": "str", "default": "calico"},
    "network_config": _DICT,
    "nodes": _TEXT,
    "pods": _TEXT,
    "services": _TEXT,
    "domain": _TEXT,
    "firewall": {"type": "dict", "required": True, "options": FIREWALL},
    "load_balancer_network": _TEXT,
    "high_availability": {"type": "str", "choices": ["none", "node", "zone"], "default": "none"},
    "workers": {"type": "list", "elements": "dict", "required": True},
    "maintenance": _DICT,
    "labels": _DICT,
    "annotations": _DICT,
    "spec": _DICT,
}
BUCKET: Specification = {"endpoint": _TEXT, "bucket": _NEEDED}
SIDE: Specification = {
    "stage": _TEXT,
    "cluster_identity": _TEXT,
    "domains": _TEXTS,
    "buckets": {"type": "list", "elements": "dict", "default": [], "options": BUCKET},
    "networks": _DICT,
}
TARGET: Specification = {
    "project": _NEEDED,
    "namespace": _TEXT,
    "credentials": {"type": "str", "default": "metal"},
    "shoots": {"type": "list", "elements": "dict", "required": True, "options": SHOOT},
    "initial": {"type": "dict", "required": True, "options": SIDE},
    "second": {"type": "dict", "default": {}, "options": SIDE},
}
