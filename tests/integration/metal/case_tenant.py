"""Tenants."""

from __future__ import annotations

from typing import Any

from ansible_collections.metalstack.autonomous.plugins.modules import metal_tenant, metal_tenant_info
from case import Case, Entry
from metalstack.api.v2 import project_pb2

# What the stand-in of API v2 makes of the first one; that of v1 takes the one that is given.
ID = "00000000-0000-0000-0000-000000000001"
PROJECT = "00000000-0000-0000-0000-0000000000aa"
NEW: Entry = {"name": "Acme", "description": "Acme Inc.", "labels": {"contract": "17"}}
V1: Entry = {
    **NEW,
    "id": "acme",
    "quotas": {"cluster": -1, "machine": -1, "ip": 100, "project": 10},
    "default_quotas": {"cluster": 1, "machine": 20, "ip": -1},
    "iam_config": {"issuer_url": "https://dex.acme.example.org", "client_id": "metal", "idm_type": "ldap"},
}
V2: Entry = {**NEW, "email": "ops@acme.example.org", "avatar_url": "https://img/acme.png"}


def entry(**fields: Any) -> Entry:
    return {"name": "Acme", **fields}


BOTH: list[tuple[bool, Entry, str]] = [
    (False, {"description": "nameless"}, "tenant ?: expected id, or name, found neither"),
]

TENANT = Case(
    kind="tenant",
    plural="tenants",
    module=metal_tenant,
    info=metal_tenant_info,
    new={"v1": V1, "v2": V2},
    change={"description": "Acme Ltd."},
    users={
        "v1": [("project", {"meta": {"id": PROJECT}, "name": "shop", "tenant_id": "acme"})],
        "v2": [("project", project_pb2.Project(uuid=PROJECT, name="shop", tenant=ID))],
    },
    told=(f"1 project ({PROJECT})",),
    refused={
        "v1": [
            *BOTH,
            (False, {"id": "acme"}, "tenant acme: name: required for a new one"),
            (True, {"id": "acme", "name": ""}, "name: cannot be emptied: it is found by its name"),
            (True, entry(email="ops@acme.example.org"), "email: API v1 has no addresses of tenants"),
            (True, entry(avatar_url="https://img/a.png"), "avatar_url: API v1 has no pictures"),
            (
                True,
                entry(default_quotas={"ip": -7}),
                "default_quotas.ip: expected a number from 0 on, or -1 for no limit",
            ),
        ],
        "v2": [
            *BOTH,
            (False, V1, "quotas.project: API v2 has no quotas"),
            (False, V1, "iam_config.issuer_url: API v2 has no such configuration"),
            (
                False,
                {"id": "acme", "name": "Acme"},
                "not there, and a new one cannot have this id: API v2 makes the ids",
            ),
            (True, entry(email=""), "email: cannot be emptied: API v2 wants an address"),
            (True, entry(email="nobody"), "email: must be a valid email address"),
            (True, entry(avatar_url="no url"), "avatar_url: given uri must be valid"),
            (False, {"name": "x"}, "name: must be within 2 and 128 characters"),
        ],
    },
    found_by=("name",),
    chosen=(({"name": "Acme"}, {"name": "Other"}),),
)
