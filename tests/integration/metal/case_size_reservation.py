"""Size reservations."""

from __future__ import annotations

from typing import Any

from ansible_collections.metalstack.autonomous.plugins.modules import (
    metal_size_reservation,
    metal_size_reservation_info,
)
from case import Case, Entry

PROJECT = "00000000-0000-0000-0000-00000000000a"
NEW: Entry = {
    "id": "storage-fra",
    "name": "Storage",
    "description": "for storage",
    "size": "c1-large",
    "project": PROJECT,
    "partitions": ["fra-equ01", "fra-equ02"],
    "amount": 4,
    "labels": {"cost": "7"},
}


def entry(**fields: Any) -> Entry:
    return {"id": "storage-fra", **fields}


def other(*without: str, **fields: Any) -> Entry:
    return {name: value for name, value in {**NEW, "id": "other", **fields}.items() if name not in without}


BOTH: list[tuple[bool, Entry, str]] = [
    (False, other("size"), "size reservation other: size: required for a new one"),
    (False, other("project"), "project: required for a new one"),
    (False, other("partitions"), "partitions: required for a new one"),
    (False, other("amount"), "amount: required for a new one"),
    (False, other(amount=-1), "amount: expected more than 0, found -1"),
    (True, entry(amount=0), "amount: expected more than 0, found 0"),
    (True, entry(size="c1-small"), "size: is 'c1-large', not 'c1-small', and stays so: both APIs take it of a new one"),
    (True, entry(project=PROJECT[:-1] + "b"), "0a', not '00000000-0000-0000-0000-00000000000b', and stays so"),
    (True, entry(partitions=[]), "partitions: cannot be emptied: to both APIs an empty list means no change"),
    (True, entry(partitions=["fra", "fra"]), "partitions: expected each once, found fra more than once"),
]

SIZE_RESERVATION = Case(
    kind="size_reservation",
    plural="size_reservations",
    module=metal_size_reservation,
    info=metal_size_reservation_info,
    new={"v1": NEW, "v2": NEW},
    change={"description": "for more", "partitions": ["fra-equ01"], "amount": 6},
    refused={
        "v1": BOTH,
        "v2": [
            *BOTH,
            (False, other("name"), "name: required for a new one"),
            (False, other(name="x"), "name: must be within 2 and 128 characters"),
            (False, other(project="x"), "project: must be a valid UUID"),
            (True, entry(partitions=["x"]), "partitions[0]: must be within 2 and 128 characters"),
        ],
    },
    chosen=(
        ({"size": "c1-large"}, {"size": "c1"}),
        ({"project": PROJECT}, {"project": "x"}),
        ({"partition": "fra-equ02"}, {"partition": "muc"}),
    ),
)
