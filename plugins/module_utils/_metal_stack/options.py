# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a control plane is described by, as an argument specification."""

from __future__ import annotations

import typing as t

from .._backup import offered
from .._metal_databases import decision

Specification = dict[str, dict[str, t.Any]]

GATEWAY, INGRESS, NOTHING = "gateway", "ingress", "none"
SERVICE, HOSTS = "service", "hosts"
MANIFEST, CHART = "manifest", "chart"
METAL, GCP = "metal", "gcp"
_NEEDED: dict[str, t.Any] = {"type": "str", "required": True}
_TEXT: dict[str, t.Any] = {"type": "str", "default": ""}
_FLAG: dict[str, t.Any] = {"type": "bool", "default": False}
_REFERENCES: dict[str, t.Any] = {"type": "list", "elements": "dict", "default": []}
DATABASE: Specification = {
    "name": _NEEDED,
    "intent": {**_NEEDED, "choices": list(decision.INTENTS)},
    "schedule": _TEXT,
    "size_floor": {"type": "int", "default": 256},
    "version": _TEXT,
    "fenced": _FLAG,
    "without_sentinels": _FLAG,
    "discard": _FLAG,
    "lost": _FLAG,
    "accept": {"type": "list", "elements": "str", "default": []},
}
_STORAGE: Specification = dict(offered.OPTIONS)  # type: ignore[arg-type]
# As modules have it that need one; a control plane may be without, so nothing of it is required here.
STORAGE: Specification = {
    name: {**option, "required": False, "default": option.get("default", "")} for name, option in _STORAGE.items()
}
ADDON: Specification = {
    "name": _NEEDED,
    "kind": {"type": "str", "choices": [MANIFEST, CHART], "default": MANIFEST},
    "path": _TEXT,
    "url": _TEXT,
    "sha256": _TEXT,
    "objects": {"type": "list", "elements": "dict", "default": [], "no_log": True},
    "namespace": _TEXT,
    "values": {"type": "dict", "default": {}, "no_log": True},
}
OTHER: Specification = {"name": _NEEDED, "endpoint": _TEXT, "bucket": _TEXT}
CONTROL_PLANE: Specification = {
    "stage": _NEEDED,
    "stages_others": {"type": "list", "elements": "dict", "default": [], "options": OTHER},
    "namespace": {"type": "str", "default": "metal-control-plane"},
    "production": {"type": "bool", "default": True},
    "provider_tenant": _TEXT,
    "ingress_dns": _TEXT,
    "gateway_dns": _TEXT,
    "expose": {"type": "str", "choices": [GATEWAY, INGRESS, NOTHING], "default": GATEWAY},
    "gateway_class": _TEXT,
    "gateway_controller": _TEXT,
    "gateway_parents": {
        "type": "dict",
        "default": {},
        "options": {"https": _REFERENCES, "nsq": _REFERENCES, "grpc": _REFERENCES, "console": _REFERENCES},
    },
    "addresses": {"type": "str", "choices": [SERVICE, HOSTS], "default": SERVICE},
    "address": _TEXT,
    "certificate_secret": {"type": "str", "default": "metal-stack-tls"},
    "certificate_issuer": _TEXT,
    "addons": {"type": "list", "elements": "dict", "default": [], "options": ADDON},
    "host_provider": {"type": "str", "choices": [METAL, GCP], "default": METAL},
    "node_network": _TEXT,
    "pod_network": _TEXT,
    "service_network": _TEXT,
    "seed_api_url": _TEXT,
    "storage_class": _TEXT,
    "storage": {"type": "dict", "default": {}, "options": STORAGE},
    "storage_encryption_key": {"type": "str", "default": "", "no_log": True},
    "databases": {"type": "list", "elements": "dict", "default": [], "options": DATABASE},
    "components": {"type": "list", "elements": "str", "default": []},
    "redeploy": {"type": "list", "elements": "str", "default": []},
    "variables": {"type": "dict", "default": {}, "no_log": True},
    "timeout": {"type": "int", "default": 1200},
}
_NAMES: dict[str, t.Any] = {"type": "list", "elements": "str", "default": []}
_ENTRIES: dict[str, t.Any] = {"type": "list", "elements": "dict", "default": []}
PARTITION: Specification = {
    "stage": _NEEDED,
    "namespace": CONTROL_PLANE["namespace"],
    "id": _NEEDED,
    "dns": _NEEDED,
    "components": {
        **_ENTRIES,
        "options": {
            "name": _NEEDED,
            "groups": {"type": "list", "elements": "str", "required": True},
            "roles": {"type": "list", "elements": "str", "required": True},
        },
    },
    "redeploy": _NAMES,
    "variables": CONTROL_PLANE["variables"],
    "masterdata": {
        "type": "dict",
        "default": {},
        "options": dict.fromkeys(("sizes", "images", "networks", "filesystem_layouts", "size_reservations"), _ENTRIES),
    },
    "needs": {"type": "dict", "default": {}, "options": dict.fromkeys(("sizes", "images", "networks"), _NAMES)},
    "networks_taken": {"type": "dict", "default": {}},
    "timeout": {"type": "int", "default": 3600},
    "answer_timeout": {"type": "int", "default": 60},
}
