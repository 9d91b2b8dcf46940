# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a filesystem layout asks of its devices: both servers' FilesystemLayout.Validate. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import forms

Part = t.Mapping[str, t.Any]
Parts = t.Sequence[Part]
SPREAD = ("raid1", "striped")


def partitions(disks: Parts) -> str | None:
    """metal-apiserver and metal-api fail at a number that is higher than there are partitions."""
    problems = [f"disk {one} is given more than once" for one in forms.repeated([disk["device"] for disk in disks])]
    for disk in disks:
        numbers = sorted(part["number"] for part in disk["partitions"])
        if numbers != list(range(1, len(numbers) + 1)):
            shown = ", ".join(map(str, numbers))
            problems.append(f"{disk['device']}: expected partitions from 1 to {len(numbers)}, each once, found {shown}")
        rest = [part["number"] for part in disk["partitions"] if not part["size"]]
        if any(number != len(numbers) for number in rest):
            problems.append(
                f"{disk['device']}: size 0 is the rest of the disk, which the last partition alone can have"
            )
    return "; ".join(problems) or None


def never_wiped(disks: Parts) -> str | None:
    wiped = [disk["device"] for disk in disks if disk["wipe_on_reinstall"]]
    return f"{', '.join(wiped)}: API v2 has no wipe_on_reinstall: leave it out" if wiped else None


def rest_last(volumes: Parts) -> str | None:
    """One for the whole list, whatever the volume group."""
    early = [one["name"] for one in volumes[:-1] if not one["size"]]
    return f"{', '.join(early)}: size 0 is the rest, which the last one alone can have" if early else None


def one_word_each(filesystems: Parts) -> str | None:
    wrong = [option for one in filesystems for option in one["create_options"] if len(option.split()) > 1]
    return f"create_options: expected one word each, found {', '.join(map(repr, wrong))}" if wrong else None


def unsupported(layout: t.Mapping[str, Parts]) -> list[str]:
    """Devices that something is on and nothing provides: partitions of disks, arrays of them, volumes of both."""
    disks, arrays = layout.get("disks", ()), layout.get("raid", ())
    groups = {group["name"]: group["devices"] for group in layout.get("volume_groups", ())}
    provided = {name for disk in disks for name in (disk["device"], *_partitions(disk))}
    problems = [
        f"raid: {array['array_name']} is on {device}, which no disk provides"
        for array in arrays
        for device in array["devices"]
        if device not in provided
    ]
    provided |= {array["array_name"] for array in arrays}
    problems += [
        f"volume_groups: {name} is on {device}, which no disk or array provides"
        for name, devices in groups.items()
        for device in devices
        if device not in provided
    ]
    for volume in layout.get("logical_volumes", ()):
        name, group = volume["name"], volume["volume_group"]
        if group not in groups:
            problems.append(f"logical_volumes: {name} is in {group}, which is none of the volume groups")
        elif volume["lvm_type"] in SPREAD and len(groups[group]) < 2:
            problems.append(f"logical_volumes: {name} is {volume['lvm_type']}, for which {group} needs two devices")
        provided.add(f"/dev/{group}/{name}")
    return problems + [
        f"filesystems: {one['path'] or one['format']} is on {one['device']}, which nothing provides"
        for one in layout.get("filesystems", ())
        if one["format"] != "tmpfs" and one["device"] not in provided
    ]


def _partitions(disk: Part) -> list[str]:
    """Such as /dev/sda1 and /dev/nvme0n1p1."""
    separator = "p" if disk["device"].startswith("/dev/nvme") else ""
    return [f"{disk['device']}{separator}{part['number']}" for part in disk["partitions"]]
