"""Images."""

from __future__ import annotations

from typing import Any

from ansible_collections.metalstack.autonomous.plugins.modules import metal_image, metal_image_info
from case import Case, Entry
from metalstack.api.v2 import image_pb2, machine_pb2

ID = "ubuntu-24.04.20261101"
V1: Entry = {
    "id": ID,
    "name": "Ubuntu 24.04",
    "description": "as of November",
    "url": "https://img/ubuntu",
    "features": ["firewall", "machine"],
    "classification": "supported",
    "expires_at": "2100-01-31T12:00:00Z",
}
V2: Entry = {**V1, "labels": {"kernel": "6.8"}}
MACHINE = "00000000-0000-0000-0000-000000000001"


def entry(**fields: Any) -> Entry:
    return {"id": ID, **fields}


NEW: Entry = {"id": "debian-12", "url": "https://img/debian", "features": ["machine"]}
BOTH: list[tuple[bool, Entry, str]] = [
    (False, {"id": "debian-12", "features": ["machine"]}, "image debian-12: url: required for a new one"),
    (False, {"id": "debian-12", "url": "https://img/debian"}, "features: required for a new one"),
    (False, {**NEW, "id": "debian"}, "image debian: expected an id such as ubuntu-24.04"),
    (False, {**NEW, "id": "debian-12-rc1"}, "image debian-12-rc1: expected an id such as ubuntu-24.04"),
    (False, {**NEW, "expires_at": "soon"}, "expires_at: expected a time such as 2027-01-31T12:00:00Z, found 'soon'"),
    (True, entry(features=[]), "features: cannot be emptied: to both APIs an empty list means no change"),
]

IMAGE = Case(
    kind="image",
    plural="images",
    module=metal_image,
    info=metal_image_info,
    new={"v1": V1, "v2": V2},
    change={"classification": "deprecated", "features": ["machine"], "expires_at": "2100-02-01T00:00:00Z"},
    users={
        "v1": [("machine", {"id": MACHINE, "allocation": {"image": ID}})],
        "v2": [
            (
                "machine",
                machine_pb2.Machine(
                    uuid=MACHINE, allocation=machine_pb2.MachineAllocation(image=image_pb2.Image(id=ID))
                ),
            )
        ],
    },
    told=(f"1 machine ({MACHINE})",),
    refused={
        "v1": [
            *BOTH,
            (False, V2, "labels: images have no labels in API v1"),
            (True, entry(url=""), "url: cannot be emptied"),
        ],
        "v2": [
            *BOTH,
            (True, entry(expires_at="2020-01-01"), "expires_at: expected a time in the future"),
            (True, entry(url="no url"), "url: given uri must be valid"),
            (True, entry(name="x"), "name: must be within 2 and 128 characters"),
        ],
    },
    chosen=(
        ({"classification": "supported"}, {"classification": "preview"}),
        ({"feature": "firewall"}, {"feature": "machine", "classification": "deprecated"}),
    ),
)
