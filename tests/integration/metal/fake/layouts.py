"""What both servers ask of filesystem layouts, in the same words but few: internal/metal/filesystem.go of either."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LOOSE = re.compile(r"v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")
OPERATORS = ("=", "!=", ">", "<", ">=", "=>", "<=", "=<", "~", "~>", "^")


class Wrong(Exception):
    """What the server answers."""


@dataclass
class Layout:
    """The parts of a layout that are looked at, in the order in which they are."""

    disks: list[tuple[str, list[tuple[int, int]]]] = field(default_factory=list)  # device, number and size
    raid: list[tuple[str, list[str]]] = field(default_factory=list)
    groups: list[tuple[str, list[str]]] = field(default_factory=list)
    volumes: list[tuple[str, str, int, str]] = field(default_factory=list)  # name, group, size, type
    filesystems: list[tuple[str, str, list[str]]] = field(default_factory=list)  # device, format, options
    sizes: list[str] = field(default_factory=list)
    images: dict[str, str] = field(default_factory=dict)


def validate(layout: Layout) -> None:
    provided = set()
    for device, partitions in layout.disks:
        check_disk(device, partitions)
        prefix = "p" if device.startswith("/dev/nvme") else ""
        provided |= {device, *(f"{device}{prefix}{number}" for number, _size in partitions)}
    for array, devices in layout.raid:
        for device in devices:
            if device not in provided:
                raise Wrong(f"device:{device} not provided by disk for raid:{array}")
        provided.add(array)
    for group, devices in layout.groups:
        for device in devices:
            if device not in provided:
                raise Wrong(f"device:{device} not provided by machine for vg:{group}")
    counts = {group: len(devices) for group, devices in layout.groups}
    for name, group, size, kind in layout.volumes:
        if not size and (name, group, size, kind) != layout.volumes[-1]:
            raise Wrong(f"lv:{name} in vg:{group}, variable sized lv must be the last")
        if group not in counts:
            raise Wrong(f"volumegroup:{group} not configured for lv:{name}")
        if kind in ("raid1", "striped") and counts[group] < 2:
            raise Wrong(f"lv:{name} in vg:{group} is configured for lvmtype:{kind} but has only {counts[group]} disk")
        provided.add(f"/dev/{group}/{name}")
    for device, form, options in layout.filesystems:
        if form == "tmpfs":
            continue
        if device not in provided:
            raise Wrong(f"device:{device} for filesystem is not configured")
        for option in options:
            if len(option.split()) > 1:
                raise Wrong(f"the given createoption:{option} contains whitespace")
    if "*" in layout.images:
        raise Wrong("just '*' is not allowed as image os constraint")
    for constraint in layout.images.values():
        if constraint.strip() != "*":
            parse(constraint)
    for size in layout.sizes:
        if "*" in size:
            raise Wrong("no wildcard allowed in size constraint")
        if layout.sizes.count(size) > 1:
            raise Wrong(f"size {size} is configured more than once")


def check_disk(device: str, partitions: list[tuple[int, int]]) -> None:
    sizes = [0] * (len(partitions) + 1)
    numbers = [number for number, _size in partitions]
    for number, size in partitions:
        sizes[number] = size  # which the servers do not get over either
        if numbers.count(number) > 1:
            raise Wrong(f"device:{device} partition number:{number} given more than once")
    if any(not size for _number, size in partitions) and sizes[-1]:
        raise Wrong(f"device:{device} variable sized partition not the last one")


def parse(constraint: str) -> tuple[str, list[int]]:
    operator, space, version = constraint.partition(" ")
    if not space:
        operator, version = "", constraint
    elif operator not in OPERATORS:
        raise Wrong(f"given imageconstraint op:{operator} is not supported")
    found = LOOSE.fullmatch(version)
    if not found:
        raise Wrong(f"given version:{version} is not valid")
    return operator, [int(part.strip(".")) for part in found.groups()[:3] if part]


def check_all(layouts: dict[str, Layout]) -> None:
    """Constraints of the same text collide with nothing, and others only if each takes the other's version."""
    taken: dict[tuple[str, str], list[str]] = {}
    for layout in layouts.values():
        for size in layout.sizes:
            for system, constraint in layout.images.items():
                others = taken.setdefault((size, system), [])
                if any(collide(constraint, other) for other in others):
                    raise Wrong(f"these combinations already exist:{size}->[{system} {constraint}]")
                others.append(constraint)


def collide(one: str, other: str) -> bool:
    if "*" in (one.strip(), other.strip()):
        return True
    return one != other and takes(one, parse(other)[1]) and takes(other, parse(one)[1])


def takes(constraint: str, version: list[int]) -> bool:
    """The semver library's checks, which know how many parts of the constraint are there."""
    operator, parts = parse(constraint)
    low, given = [*parts, 0, 0][:3], [*version, 0, 0][:3]
    begins = given[: len(parts)] == parts
    match operator:
        case "" | "=":
            return begins
        case "!=":
            return not begins
        case ">":
            return given > low and not begins if len(parts) < 3 else given > low
        case ">=" | "=>":
            return given >= low
        case "<":
            return given < low
        case "<=" | "=<":
            return given <= low or begins
        case "~" | "~>":
            return given >= low and given[: min(len(parts), 2)] == parts[:2]
    meaning = next((number for number, part in enumerate(parts, 1) if part), len(parts))
    return given >= low and given[:meaning] == parts[:meaning]
