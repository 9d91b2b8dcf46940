# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tenants: customers, or users, to whom projects belong."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import forms, uses
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import (
    BOTH,
    Field,
    Kind,
    Labels,
    V2Api,
    Wire,
    at,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds import masterdata
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.settings import V1, V2

# metal-apiserver marks by it the tenant whose members administrate the control plane (api/go/tag).
PROVIDER = "tenant.metal-stack.io/provider"
NO_IAM = "API v2 has no such configuration: its identity provider is the server's own setting"


def used_by(client: t.Any, version: str, name: str) -> list[str]:
    """Projects, as both servers have it, and the control plane itself, at which neither looks."""
    projects = uses.PROJECTS.of(client, version, "tenant_id", "tenant", name)
    provider = ["the control plane, whose provider it is"] if PROVIDER in _labels(client, version, name) else []
    return projects + provider


def _labels(client: t.Any, version: str, name: str) -> Labels:
    if version == V1:
        listed = client.read("POST", "/v1/tenant/find", {"id": name}) or [{}]
        return forms.labels(at(listed[0], "meta.labels"))
    listed = client.read("admin", "tenant", "List", {"query": {"login": name}}).get("tenants", [{}])
    return dict(at(listed[0], "meta.labels.labels") or {})


TENANT = Kind(
    name="tenant",
    plural="tenants",
    fields=(
        Field("name", v1=Wire("name"), v2=Wire("name"), required=BOTH, kept=masterdata.NAME_KEPT),
        Field("description", v1=Wire("description"), v2=Wire("description")),
        Field(
            "email",
            v1="API v1 has no addresses of tenants",
            v2=Wire("email"),
            kept={V2: "API v2 wants an address"},
        ),
        Field("avatar_url", v1="API v1 has no pictures", v2=Wire("avatar_url"), kept={V2: "API v2 wants a URL"}),
        *(masterdata.quota(f"quotas.{name}") for name in ("cluster", "machine", "ip", "project")),
        *(masterdata.quota(f"default_quotas.{name}") for name in ("cluster", "machine", "ip")),
        Field("iam_config.issuer_url", v1=Wire("iam_config.issuer_config.url"), v2=NO_IAM),
        Field("iam_config.client_id", v1=Wire("iam_config.issuer_config.client_id"), v2=NO_IAM),
        Field("iam_config.idm_type", v1=Wire("iam_config.idm_config.idm_type"), v2=NO_IAM),
    ),
    v1=masterdata.v1_api("/v1/tenant"),
    v2=V2Api(
        service="tenant",
        one="tenant",
        many="tenants",
        id="login",
        ref="login",
        readers=("admin",),
        packages=dict.fromkeys(("Get", "Update", "Delete"), "api"),
        flat={},
        locks=False,
    ),
    uses=used_by,
    made_ids=(V2,),
    found_by=("name",),
    filters={"name": "name"},
    shared="users have tenants too, and all of theirs without projects would go",
)
