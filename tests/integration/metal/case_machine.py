"""Machines: one that is allocated, one that waits, one that died."""

from __future__ import annotations

from typing import Any

from ansible_collections.metalstack.autonomous.plugins.modules import metal_machine_info
from case_view import Entry, ViewCase
from google.protobuf import json_format
from metalstack.api.v2 import machine_pb2

ALLOCATED, WAITING, DEAD = (f"00000000-0000-0000-0000-00000000000{number}" for number in (1, 2, 3))
PROJECT = "00000000-0000-0000-0000-0000000000aa"
ALLOCATION = "00000000-0000-0000-0000-0000000000bb"
CREATED, CHANGED, TIME = "2026-11-01T08:00:00.123Z", "2026-11-02T08:00:00.456Z", "2026-11-29T18:00:00.111Z"
SECRETS = ("secret-user-data", "secret-vpn-key", "ssh-ed25519 somebodys", "secret-cmdline")


def v1(name: str, partition: str, size: str, liveliness: str, event: str, **fields: Any) -> Entry:
    return {
        "id": name,
        "partition": {"id": partition, "bootconfig": {}},
        "rackid": "rack-1",
        "size": {"id": size, "constraints": [], "labels": {}},
        "hardware": {
            "memory": 1 << 36,
            "cpu_cores": 12,
            "disks": [{"name": "/dev/sda", "size": 1 << 40}],
            "nics": [{"name": "lan0", "mac": "aa:aa:aa:aa:aa:aa", "identifier": "aa", "neighbors": []}],
        },
        "bios": {"version": "1", "vendor": "v", "date": "d"},
        "state": {"value": "", "description": "", "metal_hammer_version": "v0.13"},
        "ledstate": {"value": "", "description": ""},
        "liveliness": liveliness,
        "events": {
            "log": [{"event": event, "time": TIME, "message": ""}, {"event": "Preparing", "time": CREATED}],
            "crash_loop": False,
            "failed_machine_reclaim": False,
        },
        "tags": ["rack=1", "plain"],
        "created": CREATED,
        "changed": CHANGED,
        **fields,
    }


V1: list[Any] = [
    v1(
        ALLOCATED,
        "fra",
        "m1",
        "Alive",
        "Phoned Home",
        allocation={
            "allocationuuid": ALLOCATION,
            "name": "worker",
            "description": "of the shop",
            "hostname": "worker-1",
            "project": PROJECT,
            "image": {"id": "ubuntu-24.04.20261101", "features": [], "expirationDate": CHANGED},
            "filesystemlayout": {"id": "default", "constraints": {"sizes": [], "images": {}}},
            "role": "machine",
            "creator": "somebody",
            "created": CREATED,
            "networks": [
                {
                    "networkid": "shop-net",
                    "ips": ["10.0.0.1"],
                    "vrf": 20,
                    "asn": 4200000001,
                    "prefixes": [],
                    "destinationprefixes": [],
                    "networktype": "privateprimaryunshared",
                    "nat": False,
                    "private": True,
                    "underlay": False,
                    "projectid": PROJECT,
                    "networktypev2": "",
                    "nattypev2": "",
                }
            ],
            "ssh_pub_keys": [SECRETS[2]],
            "user_data": SECRETS[0],
            "vpn": {"address": "headscale", "auth_key": SECRETS[1], "connected": True},
            "boot_info": {
                "image_id": "i",
                "primary_disk": "d",
                "os_partition": "p",
                "initrd": "i",
                "kernel": "k",
                "bootloaderid": "b",
                "cmdline": SECRETS[3],
            },
            "succeeded": True,
            "reinstall": False,
        },
    ),
    v1(WAITING, "fra", "m1", "Alive", "Waiting"),
    v1(
        DEAD,
        "muc",
        "m2",
        "Dead",
        "PXE Booting",
        # As metal-api called it formerly.
        state={"value": "RESERVED", "description": "broken fan", "issuer": "me", "metal_hammer_version": ""},
    ),
]


def v2(name: str, partition: str, size: str, liveliness: str, event: str, **fields: Any) -> Entry:
    return {
        "uuid": name,
        "partition": {"id": partition},
        "rack": "rack-1",
        "size": {"id": size},
        "hardware": {
            "memory": 1 << 36,
            "cpus": [{"cores": 8}, {"cores": 4}],
            "disks": [{"name": "/dev/sda", "size": 1 << 40}],
            "nics": [{"name": "lan0", "mac": "aa:aa:aa:aa:aa:aa"}],
        },
        "status": {
            "condition": {"state": "MACHINE_STATE_AVAILABLE"},
            "liveliness": f"MACHINE_LIVELINESS_{liveliness}",
        },
        "recent_provisioning_events": {
            "events": [
                {"event": f"MACHINE_PROVISIONING_EVENT_TYPE_{event}", "time": TIME},
                {"event": "MACHINE_PROVISIONING_EVENT_TYPE_PREPARING", "time": CREATED},
            ]
        },
        "meta": {"labels": {"labels": {"rack": "1", "plain": ""}}, "created_at": CREATED, "updated_at": CHANGED},
        **fields,
    }


V2: list[Any] = [
    v2(
        ALLOCATED,
        "fra",
        "m1",
        "ALIVE",
        "PHONED_HOME",
        allocation={
            "uuid": ALLOCATION,
            "name": "worker",
            "description": "of the shop",
            "hostname": "worker-1",
            "project": PROJECT,
            "image": {"id": "ubuntu-24.04.20261101"},
            "filesystem_layout": {"id": "default"},
            "allocation_type": "MACHINE_ALLOCATION_TYPE_MACHINE",
            "created_by": "somebody",
            "meta": {"created_at": CREATED},
            "networks": [{"network": "shop-net", "ips": ["10.0.0.1"], "vrf": 20, "asn": 4200000001}],
            "ssh_public_keys": [SECRETS[2]],
            "userdata": SECRETS[0],
            "vpn": {"auth_key": SECRETS[1]},
        },
    ),
    v2(WAITING, "fra", "m1", "ALIVE", "WAITING"),
    v2(
        DEAD,
        "muc",
        "m2",
        "DEAD",
        "PXE_BOOTING",
        status={
            "condition": {"state": "MACHINE_STATE_TAINTED", "description": "broken fan", "issuer": "me"},
            "liveliness": "MACHINE_LIVELINESS_DEAD",
        },
    ),
]


def expected(name: str, partition: str, size: str, liveliness: str, event: str, **fields: Any) -> Entry:
    return {
        "id": name,
        "partition": partition,
        "rack": "rack-1",
        "room": "",
        "size": size,
        "state": "available",
        "state_description": "",
        "state_issuer": "",
        "liveliness": liveliness,
        "last_event": {"event": event, "time": "2026-11-29T18:00:00Z"},
        "crash_loop": False,
        "failed_reclaim": False,
        "hardware": {
            "memory": 1 << 36,
            "cores": 12,
            "disks": [{"name": "/dev/sda", "size": 1 << 40}],
            "nics": [{"name": "lan0", "mac": "aa:aa:aa:aa:aa:aa"}],
        },
        "allocated": False,
        "allocation": {},
        "labels": {"rack": "1", "plain": ""},
        "created_at": "2026-11-01T08:00:00Z",
        "updated_at": "2026-11-02T08:00:00Z",
        **fields,
    }


EXPECTED: list[Entry] = [
    expected(
        ALLOCATED,
        "fra",
        "m1",
        "alive",
        "Phoned Home",
        allocated=True,
        allocation={
            "id": ALLOCATION,
            "name": "worker",
            "description": "of the shop",
            "hostname": "worker-1",
            "project": PROJECT,
            "image": "ubuntu-24.04.20261101",
            "role": "machine",
            "filesystem_layout": "default",
            "networks": [{"network": "shop-net", "ips": ["10.0.0.1"], "vrf": 20, "asn": 4200000001}],
            "created_by": "somebody",
            "created_at": "2026-11-01T08:00:00Z",
        },
    ),
    expected(WAITING, "fra", "m1", "alive", "Waiting"),
    expected(
        DEAD, "muc", "m2", "dead", "PXE Booting", state="tainted", state_description="broken fan", state_issuer="me"
    ),
]

MACHINE = ViewCase(
    kind="machine",
    plural="machines",
    info=metal_machine_info,
    rows={"v1": V1, "v2": [json_format.ParseDict(one, machine_pb2.Machine()) for one in V2]},
    expected=EXPECTED,
    chosen=[
        ({"partition": "muc"}, [DEAD]),
        ({"rack": "rack-1"}, [ALLOCATED, WAITING, DEAD]),
        ({"rack": "rack-2"}, []),
        ({"size": "m1"}, [ALLOCATED, WAITING]),
        ({"project": PROJECT}, [ALLOCATED]),
        ({"image": "ubuntu-24.04.20261101"}, [ALLOCATED]),
        ({"state": "tainted"}, [DEAD]),
        ({"state": "locked"}, []),
        ({"liveliness": "alive"}, [ALLOCATED, WAITING]),
        ({"allocated": True}, [ALLOCATED]),
        ({"allocated": False, "partition": "fra"}, [WAITING]),
        ({"name": "worker"}, [ALLOCATED]),
        ({"name": "worker-1"}, []),
        ({"hostname": "worker-1"}, [ALLOCATED]),
        ({"role": "machine"}, [ALLOCATED]),
        ({"role": "firewall"}, []),
        ({"labels": {"rack": 1, "plain": ""}, "partition": "fra"}, [ALLOCATED, WAITING]),
        ({"labels": {"rack": "2"}}, []),
    ],
    secrets=SECRETS,
)
