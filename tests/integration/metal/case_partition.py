"""Partitions."""

from __future__ import annotations

from typing import Any

from ansible_collections.metalstack.autonomous.plugins.modules import metal_partition, metal_partition_info
from case import Case, Entry
from metalstack.api.v2 import machine_pb2, network_pb2, partition_pb2, size_reservation_pb2

BOOT = {"image_url": "https://img/initrd", "kernel_url": "https://img/kernel", "commandline": "console=ttyS0"}
V2: Entry = {
    "id": "fra-equ01",
    "description": "Frankfurt, hall 1",
    "boot_configuration": BOOT,
    "dns_servers": ["192.0.2.12", "192.0.2.11"],
    "ntp_servers": ["192.0.2.11", "time.example.org"],
    "mgmt_service_addresses": ["192.0.2.20:50003"],
    "labels": {"hall": "1"},
}
V1: Entry = {**V2, "name": "Frankfurt 1"}

MACHINES = ["00000000-0000-0000-0000-000000000001"]
USERS_V1: list[tuple[str, Any]] = [
    ("machine", {"id": MACHINES[0], "partition": {"id": "fra-equ01"}}),
    ("network", {"id": "internet", "partitionid": "fra-equ01"}),
    ("size_reservation", {"id": "r1", "sizeid": "m1", "partitionids": ["fra-equ01"]}),
]
USERS_V2: list[tuple[str, Any]] = [
    ("machine", machine_pb2.Machine(uuid=MACHINES[0], partition=partition_pb2.Partition(id="fra-equ01"))),
    ("network", network_pb2.Network(id="internet", partition="fra-equ01")),
    ("size_reservation", size_reservation_pb2.SizeReservation(id="r1", size="m1", partitions=["fra-equ01"])),
]


def entry(**fields: Any) -> Entry:
    return {"id": "fra-equ01", **fields}


BOTH: list[tuple[bool, Entry, str]] = [
    (
        False,
        {**V2, "dns_servers": ["1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"]},
        "dns_servers: expected at most 3, found 4",
    ),
    (False, {**V2, "dns_servers": ["ns.example.org"]}, "dns_servers: expected IP addresses, found ns.example.org"),
    (True, entry(ntp_servers=["t1", "t2", "t3", "t4", "t5", "t6"]), "ntp_servers: expected at most 5, found 6"),
    (True, entry(ntp_servers=["not a name"]), "ntp_servers: expected IP addresses or host names, found not a name"),
    (
        True,
        entry(mgmt_service_addresses=["a:1", "b:1"]),
        "expected at most 1, found 2: the servers keep the first",
    ),
]

PARTITION = Case(
    kind="partition",
    plural="partitions",
    module=metal_partition,
    info=metal_partition_info,
    new={"v1": V1, "v2": V2},
    change={"description": "Frankfurt, hall 2", "boot_configuration": {"commandline": "console=ttyS1"}},
    users={"v1": USERS_V1, "v2": USERS_V2},
    told=(f"1 machine ({MACHINES[0]})", "1 network (internet)", "1 size reservation (r1)"),
    refused={
        "v1": [
            *BOTH,
            (False, entry(), "boot_configuration.image_url: required for a new one"),
            (True, entry(boot_configuration={"kernel_url": ""}), "boot_configuration.kernel_url: cannot be emptied"),
        ],
        "v2": [
            *BOTH,
            (False, V1, "name: API v2 takes the id as the name of a partition"),
            (True, entry(dns_servers=[]), "dns_servers: cannot be emptied: to API v2 an empty list means no change"),
            (False, {**V2, "id": "x"}, "partition.id: must be within 2 and 128 characters"),
            (True, entry(description="x" * 257), "description: must be shorter than 256 characters"),
            (True, entry(boot_configuration={"image_url": "no url"}), "boot_configuration.image_url: given uri"),
            (True, entry(mgmt_service_addresses=["no port:x"]), "mgmt_service_addresses: given entries must all be"),
            (True, entry(labels={" a": "b"}), "labels"),
        ],
    },
)
