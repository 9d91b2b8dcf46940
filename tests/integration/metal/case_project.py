"""Projects."""

from __future__ import annotations

from typing import Any

from ansible_collections.metalstack.autonomous.plugins.modules import metal_project, metal_project_info
from case import Case, Entry
from metalstack.api.v2 import ip_pb2, machine_pb2, network_pb2, size_reservation_pb2, tenant_pb2

# What the stand-ins make of the first one.
ID = "00000000-0000-0000-0000-000000000001"
MACHINE = "00000000-0000-0000-0000-0000000000aa"
NEW: Entry = {
    "name": "shop",
    "tenant": "acme",
    "description": "what is sold",
    "labels": {"stage": "production", "plain": ""},
}
V1: Entry = {**NEW, "quotas": {"cluster": -1, "machine": 20, "ip": 0}}
V2: Entry = {**NEW, "avatar_url": "https://img/shop.png"}


def entry(**fields: Any) -> Entry:
    return {"name": "shop", "tenant": "acme", **fields}


USERS_V1: list[tuple[str, Any]] = [
    ("machine", {"id": MACHINE, "allocation": {"project": ID}}),
    ("network", {"id": "shop-net", "projectid": ID}),
    ("ip", {"ipaddress": "192.0.2.7", "projectid": ID}),
    ("size_reservation", {"id": "r1", "sizeid": "m1", "partitionids": ["fra"], "projectid": ID}),
]
USERS_V2: list[tuple[str, Any]] = [
    ("machine", machine_pb2.Machine(uuid=MACHINE, allocation=machine_pb2.MachineAllocation(project=ID))),
    ("network", network_pb2.Network(id="shop-net", project=ID)),
    ("ip", ip_pb2.IP(ip="192.0.2.7", project=ID)),
    ("size_reservation", size_reservation_pb2.SizeReservation(id="r1", size="m1", partitions=["fra"], project=ID)),
]
BOTH: list[tuple[bool, Entry, str]] = [
    (False, {"description": "nameless"}, "project ?/?: expected id, or name and tenant, found neither"),
    (False, {"name": "shop"}, "project ?/shop: expected id, or name and tenant, found neither"),
    (True, {"id": ID, "tenant": "other"}, "tenant: is 'acme', not 'other', and stays so: neither API moves a project"),
    (True, {"id": ID, "name": ""}, "name: cannot be emptied"),
]

PROJECT = Case(
    kind="project",
    plural="projects",
    module=metal_project,
    info=metal_project_info,
    new={"v1": V1, "v2": V2},
    change={"description": "what was sold"},
    users={"v1": USERS_V1, "v2": USERS_V2},
    told=(f"1 machine ({MACHINE})", "1 network (shop-net)", "1 IP (192.0.2.7)", "1 size reservation (r1)"),
    refused={
        "v1": [
            *BOTH,
            (False, {"id": "shop"}, "project shop: name: required for a new one"),
            (False, V2, "avatar_url: API v1 has no pictures"),
            (True, entry(quotas={"machine": -2}), "quotas.machine: expected a number from 0 on, or -1 for no limit"),
            (True, {"id": "2", "name": "shop", "tenant": "acme"}, "project 2: expected another name than acme/shop"),
        ],
        "v2": [
            *BOTH,
            (False, V1, "quotas.machine: API v2 has no quotas"),
            (True, {"id": "2", "name": "x2", "tenant": "acme"}, "project 2: not there, and a new one cannot have this"),
            (True, entry(avatar_url=""), "avatar_url: cannot be emptied: API v2 wants a URL"),
            (True, entry(avatar_url="no url"), "avatar_url: given uri must be valid"),
            (True, entry(description="x" * 257), "description: must be shorter than 256 characters"),
            (False, {"name": "x", "tenant": "acme"}, "name: must be within 2 and 128 characters"),
        ],
    },
    found_by=("name", "tenant"),
    before={
        "v1": [("tenant", {"meta": {"id": "acme"}, "name": "Acme"})],
        "v2": [("tenant", tenant_pb2.Tenant(login="acme", name="Acme"))],
    },
    chosen=(
        ({"name": "shop"}, {"name": "store"}),
        ({"tenant": "acme"}, {"tenant": "other"}),
        ({"name": "shop", "tenant": "acme"}, {"name": "shop", "tenant": "other"}),
    ),
)
