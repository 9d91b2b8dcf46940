"""How both servers count machines: metal-api's calcPartitionCapacity, metal-apiserver's Capacity."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Counts = dict[str, Any]


@dataclass(frozen=True)
class Counted:
    """What of a machine counts. One with an issue is here one that is dead; ``event`` is its last one."""

    id: str
    partition: str
    size: str
    project: str
    available: bool
    liveliness: str
    event: str


@dataclass(frozen=True)
class Reserved:
    size: str
    partitions: list[str]
    project: str
    amount: int


def count(
    machines: Iterable[Counted], reservations: Iterable[Reserved], asked: dict[str, str]
) -> dict[str, dict[str, Counts]]:
    """By partition and size; ``asked`` are partition, size and project, those that are given."""
    found: dict[str, dict[str, Counts]] = {}
    machines = [
        one
        for one in machines
        if asked.get("partition") in (None, one.partition) and asked.get("size") in (None, one.size)
    ]
    for one in machines:
        counts = found.setdefault(one.partition, {}).setdefault(one.size, _zero())
        counts["total"] += 1
        if one.liveliness == "dead":
            counts["faulty"] += 1
            counts["faulty_machines"].append(one.id)
        waiting = one.event == "waiting"
        if one.project:
            counts["allocated"] += 1
        elif waiting and one.available and one.liveliness == "alive":
            counts["allocatable"] += 1
            counts["free"] += 1
        else:
            counts["unavailable"] += 1
        if one.event in ("phoned_home", "waiting"):
            counts[one.event] += 1
        else:
            counts["other"] += 1
            counts["other_machines"].append(one.id)
    for reservation in reservations:
        for partition, sizes in found.items():
            if partition in reservation.partitions and reservation.size in sizes:
                _reserve(sizes[reservation.size], reservation, partition, machines, asked)
    return found


def _reserve(
    counts: Counts, reservation: Reserved, partition: str, machines: list[Counted], asked: dict[str, str]
) -> None:
    theirs = [
        one
        for one in machines
        if (one.project, one.size, one.partition) == (reservation.project, reservation.size, partition)
    ]
    used = min(len(theirs), reservation.amount)
    counts["reservations"] += reservation.amount
    counts["used_reservations"] += used
    counts["remaining_reservations"] = counts["reservations"] - counts["used_reservations"]
    if asked.get("project") != reservation.project:
        counts["free"] = max(counts["free"] - (reservation.amount - used), 0)


def _zero() -> Counts:
    numbers = (
        "total",
        "allocated",
        "allocatable",
        "free",
        "unavailable",
        "faulty",
        "phoned_home",
        "waiting",
        "other",
        "reservations",
        "used_reservations",
        "remaining_reservations",
    )
    return {**dict.fromkeys(numbers, 0), "faulty_machines": [], "other_machines": []}
