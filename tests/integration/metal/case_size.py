"""Sizes."""

from __future__ import annotations

from typing import Any

from ansible_collections.metalstack.autonomous.plugins.modules import metal_size, metal_size_info
from case import Case, Entry
from metalstack.api.v2 import machine_pb2, size_imageconstraint_pb2, size_pb2, size_reservation_pb2

MACHINE = "00000000-0000-0000-0000-000000000001"


def constraint(kind: str, least: int, most: int, identifier: str = "") -> Entry:
    return {"type": kind, "min": least, "max": most, "identifier": identifier}


SMALL = [constraint("cores", 0, 4), constraint("memory", 1 << 35, 1 << 36), constraint("storage", 0, 1 << 60, "/dev/*")]
NEW: Entry = {
    "id": "c1-small",
    "name": "Small",
    "description": "what is left",
    "constraints": SMALL,
    "labels": {"shop": "c1"},
}


def other(*constraints: Entry) -> Entry:
    return {"id": "c1-other", "constraints": list(constraints)}


def entry(**fields: Any) -> Entry:
    return {"id": "c1-small", **fields}


BOTH: list[tuple[bool, Entry, str]] = [
    (False, {"id": "c1-other"}, "constraints: required for a new one"),
    (False, other(constraint("cores", 4, 2)), "cores 4 to 2: expected a max that is not below min"),
    (False, other(constraint("gpu", 1, 1)), "gpu 1 to 1: expected an identifier for gpu"),
    (False, other(constraint("memory", 1, 1, "x")), "memory 1 to 1: expected no identifier for memory, found x"),
    (False, other(constraint("cores", 1, 1), constraint("cores", 2, 2)), "expected one of type cores, found 2"),
    (True, other(*SMALL), "size c1-other overlaps with c1-small: a machine could be of both"),
]

SIZE = Case(
    kind="size",
    plural="sizes",
    module=metal_size,
    info=metal_size_info,
    new={"v1": NEW, "v2": NEW},
    change={"description": "what was left", "constraints": [constraint("cores", 2, 4), *SMALL[1:]]},
    users={
        "v1": [
            ("machine", {"id": MACHINE, "size": {"id": "c1-small"}}),
            ("size_reservation", {"id": "r1", "sizeid": "c1-small", "partitionids": ["fra"]}),
            ("size_image_constraint", {"id": "c1-small", "constraints": {}}),
        ],
        "v2": [
            ("machine", machine_pb2.Machine(uuid=MACHINE, size=size_pb2.Size(id="c1-small"))),
            ("size_reservation", size_reservation_pb2.SizeReservation(id="r1", size="c1-small", partitions=["fra"])),
            ("size_image_constraint", size_imageconstraint_pb2.SizeImageConstraint(size="c1-small")),
        ],
    },
    told=(f"1 machine ({MACHINE})", "1 size reservation (r1)", "1 size image constraint (c1-small)"),
    refused={
        "v1": [*BOTH, (False, {"id": "unknown", "constraints": SMALL}, "size unknown: API v1 keeps this id")],
        "v2": [
            *BOTH,
            (True, entry(constraints=[]), "constraints: cannot be emptied"),
            (True, entry(name="x"), "name: must be within 2 and 128 characters"),
        ],
    },
)
