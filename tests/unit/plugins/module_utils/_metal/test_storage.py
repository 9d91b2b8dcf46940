"""What a filesystem layout asks of its devices."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import storage


def disk(device, *sizes, wiped=False):
    parts = [{"number": number, "size": size} for number, size in enumerate(sizes, 1)]
    return {"device": device, "partitions": parts, "wipe_on_reinstall": wiped}


def volume(name, size=1, kind="linear", group="vg"):
    return {"name": name, "volume_group": group, "size": size, "lvm_type": kind}


def filesystem(device, form="ext4", path="/", options=()):
    return {"device": device, "format": form, "path": path, "create_options": list(options)}


LAYOUT = {
    "disks": [disk("/dev/sda", 1, 0), disk("/dev/nvme0n1", 1, 0)],
    "raid": [{"array_name": "/dev/md0", "devices": ["/dev/sda1", "/dev/nvme0n1p1"]}],
    "volume_groups": [{"name": "vg", "devices": ["/dev/sda2", "/dev/nvme0n1p2"]}],
    "logical_volumes": [volume("a", 1, "raid1"), volume("b", 0, "striped")],
    "filesystems": [filesystem("/dev/md0"), filesystem("/dev/vg/a"), filesystem("tmpfs", "tmpfs")],
}


def test_a_layout_whose_devices_are_all_there_is_good():
    assert storage.unsupported(LAYOUT) == []
    assert storage.unsupported({}) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"disks": [disk("/dev/sda", 1, 0)]},
            [
                "raid: /dev/md0 is on /dev/nvme0n1p1, which no disk provides",
                "volume_groups: vg is on /dev/nvme0n1p2, which no disk or array provides",
            ],
        ),
        ({"raid": []}, ["filesystems: / is on /dev/md0, which nothing provides"]),
        ({"logical_volumes": []}, ["filesystems: / is on /dev/vg/a, which nothing provides"]),
        (
            {"volume_groups": [{"name": "vg", "devices": ["/dev/md0"]}]},
            [
                "logical_volumes: a is raid1, for which vg needs two devices",
                "logical_volumes: b is striped, for which vg needs two devices",
            ],
        ),
        (
            {"volume_groups": []},
            [
                "logical_volumes: a is in vg, which is none of the volume groups",
                "logical_volumes: b is in vg, which is none of the volume groups",
            ],
        ),
        (
            {"filesystems": [filesystem("/dev/sdb", "swap", "")]},
            ["filesystems: swap is on /dev/sdb, which nothing provides"],
        ),
    ],
)
def test_what_nothing_provides_is_told(changed, expected):
    assert storage.unsupported({**LAYOUT, **changed}) == expected


@pytest.mark.parametrize(
    ("disks", "expected"),
    [
        ([disk("/dev/sda")], None),
        ([disk("/dev/sda", 1, 2)], None),
        ([disk("/dev/sda", 1, 0)], None),
        ([disk("/dev/sda", 0, 0)], "size 0 is the rest of the disk"),
        ([disk("/dev/sda", 0, 1)], "size 0 is the rest of the disk"),
        ([disk("/dev/sda"), disk("/dev/sda")], "disk /dev/sda is given more than once"),
        ([{"device": "/dev/sda", "partitions": [{"number": 2, "size": 1}]}], "from 1 to 1, each once, found 2"),
        ([{"device": "/dev/sda", "partitions": [{"number": 0, "size": 1}]}], "from 1 to 1, each once, found 0"),
    ],
)
def test_partitions_are_numbered_and_the_last_may_have_the_rest(disks, expected):
    found = storage.partitions(disks)
    assert found is None if expected is None else expected in found


def test_the_last_volume_may_have_the_rest():
    assert storage.rest_last([volume("a"), volume("b", 0)]) is None
    assert storage.rest_last([volume("a", 0), volume("b", 0)]) == (
        "a: size 0 is the rest, which the last one alone can have"
    )
    assert storage.rest_last([]) is None


def test_options_are_one_word_each():
    assert storage.one_word_each([filesystem("/dev/sda", options=["-F", "32"])]) is None
    assert "found '-F 32'" in storage.one_word_each([filesystem("/dev/sda", options=["-F 32"])])
