# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kubernetes' Node objects, cut down to what decisions need."""

from __future__ import annotations

import typing as t

VOTER = "EtcdIsVoter"
# Who closed a node, so that nobody else's is opened.
DRAINED = "metalstack.autonomous/drained"
# Stage and digest of the keys for Secrets, written by k3s itself.
ENCRYPTION = "k3s.io/encryption-config-hash"


def parse(raw: dict[str, t.Any]) -> dict[str, t.Any]:
    status, metadata = raw.get("status", {}), raw.get("metadata", {})
    conditions = {entry["type"]: entry["status"] for entry in status.get("conditions", [])}
    return {
        "name": metadata.get("name", ""),
        "uid": metadata.get("uid", ""),
        "ready": conditions.get("Ready", "Unknown"),
        "voter": conditions.get(VOTER, "Unknown"),
        "pressure": sorted(name for name, value in conditions.items() if name.endswith("Pressure") and value == "True"),
        "version": status.get("nodeInfo", {}).get("kubeletVersion", ""),
        "addresses": [entry["address"] for entry in status.get("addresses", []) if entry["type"] == "InternalIP"],
        "labels": metadata.get("labels", {}),
        "taints": sorted(taint(entry) for entry in raw.get("spec", {}).get("taints", [])),
        "drained": DRAINED in metadata.get("annotations", {}),
        "encryption": metadata.get("annotations", {}).get(ENCRYPTION, ""),
        "schedulable": not raw.get("spec", {}).get("unschedulable", False),
    }


def taint(raw: dict[str, str]) -> str:
    """key=value:effect, as k3s and kubectl write it."""
    return f"{raw['key']}={raw.get('value', '')}:{raw['effect']}"


def parse_taint(text: str) -> dict[str, str]:
    key_value, _colon, effect = text.rpartition(":")
    key, _equals, value = key_value.partition("=")
    return {"key": key, "value": value, "effect": effect} if value else {"key": key, "effect": effect}
