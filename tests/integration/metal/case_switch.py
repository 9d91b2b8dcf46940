"""Switches."""

from __future__ import annotations

from typing import Any

from ansible_collections.metalstack.autonomous.plugins.modules import metal_switch_info
from case_view import Entry, ViewCase
from google.protobuf import json_format
from metalstack.api.v2 import switch_pb2

MACHINE = "00000000-0000-0000-0000-0000000000aa"
CREATED, CHANGED = "2026-11-01T08:00:00.123Z", "2026-11-02T08:00:00.456Z"
SYNCED, FAILED = "2026-11-29T18:00:00.111Z", "2026-11-29T18:00:10.222Z"


def nic_v1(name: str, actual: str, **fields: Any) -> Entry:
    return {"name": name, "identifier": f"Eth{name}", "mac": "aa:aa:aa:aa:aa:aa", "actual": actual, **fields}


BGP_V1 = {
    "Neighbor": "m1",
    "PeerGroup": "MACHINE",
    "VrfName": "vrf20",
    "BgpState": "OpenSent",
    "BgpTimerUpEstablished": 0,
    "SentPrefixCounter": 3,
    "AcceptedPrefixCounter": 2,
}
V1: list[Any] = [
    {
        "id": "leaf01",
        "name": "leaf01",
        "description": "the first",
        "rack_id": "rack-1",
        "room_id": "room-1",
        "mode": "operational",
        "os": {"vendor": "SONiC", "version": "4.2", "metal_core_version": "v0.11"},
        "management_ip": "192.0.2.1",
        "management_user": "admin",
        "console_command": "ssh console 1",
        "partition": {"id": "fra", "bootconfig": {}},
        "nics": [
            # What it shall be: the connection has what it is.
            nic_v1(
                "swp1", "DOWN", vrf="vrf20", filter={"cidrs": ["10.0.0.0/8"], "vnis": ["20"]}, bgp_port_state=BGP_V1
            ),
            nic_v1("swp2", "DOWN", vrf=""),
        ],
        "connections": [{"machine_id": MACHINE, "nic": nic_v1("swp1", "UP", vrf="vrf20")}],
        "last_sync": {"time": SYNCED, "duration": 1_500_000_000},
        "last_sync_error": {"time": FAILED, "duration": 250_000_000, "error": "no route"},
        "created": CREATED,
        "changed": CHANGED,
    },
    {
        "id": "leaf02",
        "rack_id": "rack-2",
        "mode": "replace",
        "os": {"vendor": "Cumulus", "version": "3.7", "metal_core_version": ""},
        "partition": {"id": "muc", "bootconfig": {}},
        "nics": [],
        "connections": [],
        "last_sync": {"time": SYNCED, "duration": 0},
        "created": CREATED,
        "changed": CHANGED,
    },
]


def nic_v2(name: str, **fields: Any) -> Entry:
    return {"name": name, "identifier": f"Eth{name}", "mac": "aa:aa:aa:aa:aa:aa", **fields}


SWP1_V2 = nic_v2(
    "swp1",
    vrf="vrf20",
    state={"desired": "SWITCH_PORT_STATUS_DOWN", "actual": "SWITCH_PORT_STATUS_UP"},
    bgp_filter={"cidrs": ["10.0.0.0/8"], "vnis": ["20"]},
    bgp_port_state={
        "neighbor": "m1",
        "peer_group": "MACHINE",
        "vrf_name": "vrf20",
        "bgp_state": "BGP_STATE_OPEN_SENT",
        "sent_prefix_counter": 3,
        "accepted_prefix_counter": 2,
    },
)
NEVER = "0001-01-01T00:00:00Z"  # what metal-apiserver gives once there was any synchronization
V2: list[Any] = [
    {
        "id": "leaf01",
        "description": "the first",
        "rack": "rack-1",
        "room": "room-1",
        "partition": "fra",
        "replace_mode": "SWITCH_REPLACE_MODE_OPERATIONAL",
        "management_ip": "192.0.2.1",
        "management_user": "admin",
        "console_command": "ssh console 1",
        "os": {"vendor": "SWITCH_OS_VENDOR_SONIC", "version": "4.2", "metal_core_version": "v0.11"},
        "nics": [
            SWP1_V2,
            nic_v2("swp2", state={"desired": "SWITCH_PORT_STATUS_DOWN", "actual": "SWITCH_PORT_STATUS_DOWN"}),
        ],
        "machine_connections": [{"machine_id": MACHINE, "nic": SWP1_V2}],
        "last_sync": {"time": SYNCED, "duration": "1.5s"},
        "last_sync_error": {"time": FAILED, "duration": "0.250s", "error": "no route"},
        "meta": {"created_at": CREATED, "updated_at": CHANGED},
    },
    {
        "id": "leaf02",
        "rack": "rack-2",
        "partition": "muc",
        "replace_mode": "SWITCH_REPLACE_MODE_REPLACE",
        "os": {"vendor": "SWITCH_OS_VENDOR_CUMULUS", "version": "3.7"},
        "last_sync": {"time": SYNCED, "duration": "0s"},
        "last_sync_error": {"time": NEVER, "duration": "0s"},
        "meta": {"created_at": CREATED, "updated_at": CHANGED},
    },
]


def expected_nic(name: str, **fields: Any) -> Entry:
    return {
        "name": name,
        "identifier": f"Eth{name}",
        "mac": "aa:aa:aa:aa:aa:aa",
        "vrf": "",
        "state": "down",
        "wanted_state": "",
        "machine": "",
        "bgp": {},
        "bgp_filter": {},
        **fields,
    }


EXPECTED: list[Entry] = [
    {
        "id": "leaf01",
        "description": "the first",
        "partition": "fra",
        "rack": "rack-1",
        "room": "room-1",
        "mode": "operational",
        "os": {"vendor": "SONiC", "version": "4.2", "metal_core_version": "v0.11"},
        "management_ip": "192.0.2.1",
        "management_user": "admin",
        "console_command": "ssh console 1",
        "last_sync": {"time": "2026-11-29T18:00:00Z", "duration": 1.5},
        "last_sync_error": {"time": "2026-11-29T18:00:10Z", "duration": 0.25, "error": "no route"},
        "sync_failed": True,
        "nics": [
            expected_nic(
                "swp1",
                vrf="vrf20",
                state="up",
                wanted_state="down",
                machine=MACHINE,
                bgp={
                    "state": "OpenSent",
                    "neighbor": "m1",
                    "peer_group": "MACHINE",
                    "sent_prefixes": 3,
                    "accepted_prefixes": 2,
                },
                bgp_filter={"cidrs": ["10.0.0.0/8"], "vnis": ["20"]},
            ),
            expected_nic("swp2"),
        ],
        "machines": [MACHINE],
        "created_at": "2026-11-01T08:00:00Z",
        "updated_at": "2026-11-02T08:00:00Z",
    },
    {
        "id": "leaf02",
        "description": "",
        "partition": "muc",
        "rack": "rack-2",
        "room": "",
        "mode": "replace",
        "os": {"vendor": "Cumulus", "version": "3.7", "metal_core_version": ""},
        "management_ip": "",
        "management_user": "",
        "console_command": "",
        "last_sync": {"time": "2026-11-29T18:00:00Z", "duration": 0.0},
        "last_sync_error": {},
        "sync_failed": False,
        "nics": [],
        "machines": [],
        "created_at": "2026-11-01T08:00:00Z",
        "updated_at": "2026-11-02T08:00:00Z",
    },
]

SWITCH = ViewCase(
    kind="switch",
    plural="switches",
    info=metal_switch_info,
    rows={"v1": V1, "v2": [json_format.ParseDict(one, switch_pb2.Switch()) for one in V2]},
    expected=EXPECTED,
    chosen=[
        ({"partition": "muc"}, ["leaf02"]),
        ({"rack": "rack-1"}, ["leaf01"]),
        ({"mode": "replace"}, ["leaf02"]),
        ({"os_vendor": "SONiC"}, ["leaf01"]),
        ({"os_version": "3.7"}, ["leaf02"]),
        ({"machine": MACHINE}, ["leaf01"]),
        ({"sync_failed": True}, ["leaf01"]),
        ({"sync_failed": False}, ["leaf02"]),
        ({"partition": "fra", "rack": "rack-2"}, []),
    ],
)
