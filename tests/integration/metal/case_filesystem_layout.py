"""Filesystem layouts."""

from __future__ import annotations

from typing import Any

from ansible_collections.metalstack.autonomous.plugins.modules import (
    metal_filesystem_layout,
    metal_filesystem_layout_info,
)
from case import Case, Entry
from metalstack.api.v2 import filesystem_pb2, machine_pb2

MACHINE = "00000000-0000-0000-0000-000000000001"


def partition(number: int, size: int, kind: str = "8300", label: str = "") -> Entry:
    return {"number": number, "label": label, "size": size, "gpt_type": kind}


def disk(device: str, *partitions: Entry, wiped: bool = False) -> Entry:
    return {"device": device, "partitions": list(partitions), "wipe_on_reinstall": wiped}


def array(*devices: str, name: str = "/dev/md0") -> Entry:
    return {
        "array_name": name,
        "devices": list(devices),
        "level": "1",
        "create_options": ["--metadata=1.0"],
        "spares": 0,
    }


def volume(name: str, size: int, kind: str = "linear", group: str = "vg") -> Entry:
    return {"name": name, "volume_group": group, "size": size, "lvm_type": kind}


def filesystem(device: str, path: str = "/", form: str = "ext4", *options: str) -> Entry:
    return {
        "path": path,
        "device": device,
        "format": form,
        "label": "root",
        "mount_options": ["noatime"],
        "create_options": list(options),
    }


BOOT = [partition(1, 500, "ef00", "efi"), partition(2, 5000, "fd00"), partition(3, 0, "8e00")]
V2: Entry = {
    "id": "lvm",
    "name": "LVM",
    "description": "two disks",
    "constraints": {"sizes": ["c1-large", "c1-medium"], "images": {"debian": "12", "ubuntu": ">= 22.04"}},
    "disks": [disk("/dev/sda", *BOOT), disk("/dev/nvme0n1", *BOOT)],
    "raid": [array("/dev/sda2", "/dev/nvme0n1p2")],
    "volume_groups": [{"name": "vg", "devices": ["/dev/sda3", "/dev/nvme0n1p3"], "tags": ["metal"]}],
    "logical_volumes": [volume("root", 9000, "raid1"), volume("var", 0, "striped")],
    "filesystems": [
        filesystem("/dev/sda1", "/boot/efi", "vfat", "-F", "32"),
        filesystem("/dev/md0", "/boot", "ext3"),
        filesystem("/dev/vg/root"),
        filesystem("/dev/vg/var", "", "none"),
        filesystem("tmpfs", "/tmp", "tmpfs"),
    ],
}
V1: Entry = {**V2, "disks": [disk("/dev/sda", *BOOT, wiped=True), V2["disks"][1]]}


def entry(**fields: Any) -> Entry:
    return {"id": "lvm", **fields}


def other(**fields: Any) -> Entry:
    return {"id": "other", **fields}


def constraints(images: dict[str, str], *sizes: str) -> Entry:
    return {"constraints": {"sizes": list(sizes or ("c1-large",)), "images": images}}


def disks(*partitions: Entry) -> Entry:
    return other(disks=[disk("/dev/sda", *partitions)])


def group(*devices: str) -> list[Entry]:
    return [{"name": "vg", "devices": list(devices), "tags": []}]


SDA, SDB = disk("/dev/sda"), disk("/dev/sdb")
SPACE = "with a space between, found"
BOTH: list[tuple[bool, Entry, str]] = [
    (False, other(disks=[SDA, SDA]), "disks: disk /dev/sda is given more than once"),
    (
        False,
        disks(partition(1, 1), partition(1, 2)),
        "/dev/sda: expected partitions from 1 to 2, each once, found 1, 1",
    ),
    (
        False,
        disks(partition(1, 1), partition(3, 2)),
        "/dev/sda: expected partitions from 1 to 2, each once, found 1, 3",
    ),
    (
        False,
        disks(partition(1, 0), partition(2, 1)),
        "/dev/sda: size 0 is the rest of the disk, which the last partition",
    ),
    (False, other(raid=[array("/dev/sda")]), "filesystem layout other: raid: /dev/md0 is on /dev/sda, which no disk"),
    (
        False,
        other(volume_groups=group("/dev/sda")),
        "volume_groups: vg is on /dev/sda, which no disk or array provides",
    ),
    (False, other(logical_volumes=[volume("a", 1)]), "logical_volumes: a is in vg, which is none of the volume groups"),
    (
        False,
        other(disks=[SDA], volume_groups=group("/dev/sda"), logical_volumes=[volume("a", 1, "raid1")]),
        "logical_volumes: a is raid1, for which vg needs two devices",
    ),
    (
        False,
        other(logical_volumes=[volume("a", 0), volume("b", 1)]),
        "logical_volumes: a: size 0 is the rest, which the",
    ),
    (False, other(filesystems=[filesystem("/dev/sda1")]), "filesystems: / is on /dev/sda1, which nothing provides"),
    (
        False,
        other(disks=[disk("/dev/nvme0n1", partition(1, 1))], filesystems=[filesystem("/dev/nvme0n11")]),
        "filesystems: / is on /dev/nvme0n11, which nothing provides",
    ),
    (
        False,
        other(disks=[SDA], filesystems=[filesystem("/dev/sda", "/", "vfat", "-F 32")]),
        "filesystems: create_options: expected one word each, found '-F 32'",
    ),
    (False, other(**constraints({"debian": "12"}, "c1-*")), "constraints.sizes: expected ids of sizes, found c1-*"),
    (False, other(**constraints({"debian": "12"}, "c1", "c1")), "constraints.sizes: expected each once, found c1 more"),
    (False, other(**constraints({"*": "12"})), "constraints.images: expected operating systems, found *"),
    (
        False,
        other(**constraints({"debian": ">=12"})),
        "constraints.images: debian: expected * or a version such as 12",
    ),
    (False, other(**constraints({"debian": ">=12"})), f"{SPACE} >=12"),
    (False, other(**constraints({"debian": "== 12"})), f"{SPACE} == 12"),
    (False, other(**constraints({"debian": "12.x"})), f"{SPACE} 12.x"),
    (
        True,
        other(**constraints({"ubuntu": "24.04"})),
        "filesystem layout lvm and other: a machine of size c1-large with ubuntu could get either (>= 22.04, 24.04)",
    ),
    (True, other(**constraints({"debian": "12"})), "with debian could get either (12, 12): set them apart"),
    (True, other(**constraints({"debian": "*"})), "with debian could get either (12, *): set them apart"),
    (True, entry(disks=[V2["disks"][0]]), "raid: /dev/md0 is on /dev/nvme0n1p2, which no disk provides"),
]

FILESYSTEM_LAYOUT = Case(
    kind="filesystem_layout",
    plural="filesystem_layouts",
    module=metal_filesystem_layout,
    info=metal_filesystem_layout_info,
    new={"v1": V1, "v2": V2},
    change={
        "description": "two more disks",
        "constraints": {"images": {"ubuntu": ">= 24.04"}},
        "logical_volumes": [volume("root", 10000), volume("var", 0, "striped")],
    },
    users={
        "v1": [("machine", {"id": MACHINE, "allocation": {"filesystemlayout": {"id": "lvm"}}})],
        "v2": [
            (
                "machine",
                machine_pb2.Machine(
                    uuid=MACHINE,
                    allocation=machine_pb2.MachineAllocation(
                        filesystem_layout=filesystem_pb2.FilesystemLayout(id="lvm")
                    ),
                ),
            )
        ],
    },
    told=(f"1 machine ({MACHINE})",),
    refused={
        "v1": BOTH,
        "v2": [
            *BOTH,
            (False, other(disks=[disk("/dev/sda", wiped=True)]), "disks: /dev/sda: API v2 has no wipe_on_reinstall"),
            (True, entry(raid=[]), "raid: cannot be emptied: to API v2 an empty list means no change"),
            (True, entry(disks=[]), "disks: cannot be emptied"),
            (True, entry(volume_groups=[]), "volume_groups: cannot be emptied"),
            (True, entry(logical_volumes=[]), "logical_volumes: cannot be emptied"),
            (True, entry(filesystems=[]), "filesystems: cannot be emptied"),
            (True, entry(name="x"), "name: must be within 2 and 128 characters"),
            (
                False,
                other(disks=[SDA, SDB], volume_groups=group("/dev/sda"), logical_volumes=[volume("a", 1)]),
                "filesystem_layout.logical_volumes[0].name: must be within 2 and 128 characters",
            ),
            (
                False,
                other(disks=[SDA], filesystems=[filesystem("/dev/sda", "/", "ext4", "-F", "-F")]),
                "filesystem_layout.filesystems[0].create_options: repeated value must contain unique items",
            ),
        ],
    },
    chosen=(({"size": "c1-large"}, {"size": "c1"}),),
)
