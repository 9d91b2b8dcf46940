# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that the modules for releases have in common, as an argument specification."""

from __future__ import annotations

import typing as t

Specification = dict[str, dict[str, t.Any]]

_REPLACE: Specification = {name: {"type": "str", "required": True, "no_log": False} for name in ("key", "old", "new")}
_ALIAS: Specification = {name: {"type": "str", "required": True} for name in ("name", "alias")}
_EACH: Specification = {
    "sha256": {"type": "str"},
    "variable_mapping": {"type": "dict", "default": {}},
    "variable_mapping_path": {"type": "str"},
    "include_role_defaults": {"type": "str"},
    "install_roles": {"type": "bool", "default": True},
    "ansible_roles_path": {"type": "str", "default": "ansible-roles"},
    "role_aliases": {"type": "list", "elements": "dict", "default": [], "options": _ALIAS},
    "replace": {"type": "list", "elements": "dict", "default": [], "options": _REPLACE},
    "oci_registry_scheme": {"type": "str", "choices": ["https", "http"], "default": "https"},
    "oci_registry_username": {"type": "str"},
    "oci_registry_password": {"type": "str", "no_log": True},
    "oci_cosign_verify_key": {"type": "str", "no_log": False},
    "oci_cosign_verify_certificate_identity": {"type": "str"},
    "oci_cosign_verify_certificate_oidc_issuer": {"type": "str"},
}
_NESTED: Specification = {"url_path": {"type": "str", "required": True}, **_EACH}
_VECTOR: Specification = {
    "url": {"type": "str", "required": True},
    "nested": {"type": "list", "elements": "dict", "default": [], "options": _NESTED},
    **_EACH,
}
VECTORS: dict[str, t.Any] = {"type": "list", "elements": "dict", "options": _VECTOR}
_MIRROR: Specification = {
    "registry": {"type": "str", "required": True},
    "location": {"type": "str", "required": True},
    "scheme": {"type": "str", "choices": ["https", "http"], "default": "https"},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
}
COMMON: Specification = {
    "path": {"type": "path"},
    "stage": {"type": "str"},
    "vectors": VECTORS,
    "replacements": {"type": "dict", "default": {}},
    "registry_mirrors": {"type": "list", "elements": "dict", "default": [], "options": _MIRROR},
    "verify": {"type": "bool", "default": True},
    "cosign": {"type": "path"},
    "allow_downgrade": {"type": "bool", "default": False},
}
