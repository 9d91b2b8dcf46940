#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metal_filesystem_layout
short_description: Manage filesystem layouts of metal-stack
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Brings any number of filesystem layouts to what is given, in one call, by API v2 or v1, and sends only what differs.
  - Everything is checked before anything is sent, and all that is wrong is told at once, devices that nothing provides
    and layouts that would be for the same machines among it. An update is refused if somebody else changed the layout
    since it was read.
  - A layout is not removed while machines have it, by API v1 either.
  - Neither API has labels for layouts, nor an O(owner) therefore.
extends_documentation_fragment:
  - metalstack.autonomous.metal_api
  - metalstack.autonomous.metal_api.list
options:
  filesystem_layouts:
    description: The layouts. What one of them does not give stays as it is; a list is replaced whole. API v2 cannot
      empty the lists of devices.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: Id of the layout, 2 to 128 characters.
        type: str
        required: true
      state:
        description: Whether it shall be there.
        type: str
        choices: [present, absent]
        default: present
      name:
        description: A readable name, 2 to 128 characters.
        type: str
      description:
        description: A description, up to 256 characters.
        type: str
      constraints:
        description: Which machines get it. Without sizes or images none does by itself.
        type: dict
        suboptions:
          sizes:
            description: Ids of sizes, each once, without C(*).
            type: list
            elements: str
          images:
            description: >-
              Operating systems of images and their versions, such as C({ubuntu: ">= 24.04"}). A version has an operator
              before it, with a space between, or none; V(*) is any. No size may have two layouts for one image.
            type: dict
      disks:
        description: What is made on disks. Further devices are on these.
        type: list
        elements: dict
        suboptions:
          device:
            description: The device, such as V(/dev/sda), each once.
            type: str
            required: true
          partitions:
            description: Its partitions.
            type: list
            elements: dict
            suboptions:
              number:
                description: Which one it is, from 1 on without a gap.
                type: int
                required: true
              size:
                description: Mebibytes; V(0) is the rest of the disk, which the last one alone can have.
                type: int
                required: true
              gpt_type:
                description: >-
                  Its type: V(ef00) to boot from, V(8300) for Linux, V(fd00) for RAID, V(8e00) for LVM.
                type: str
                choices: [ef00, "8300", fd00, 8e00]
                required: true
              label:
                description: A label, 2 to 128 characters.
                type: str
          wipe_on_reinstall:
            description: Whether the disk is wiped when the machine is installed again. API v2 has no such word, and
              forgets that of API v1 with the next change of a device.
            type: bool
      raid:
        description: Arrays of partitions or disks.
        type: list
        elements: dict
        suboptions:
          array_name:
            description: The device that it makes, such as V(/dev/md0).
            type: str
            required: true
          level:
            description: V(0) is a stripe, V(1) a mirror.
            type: str
            choices: ["0", "1"]
            required: true
          devices:
            description: What it is made of.
            type: list
            elements: str
          create_options:
            description: Options for making it, one word each.
            type: list
            elements: str
          spares:
            description: How many of the devices are spares.
            type: int
      volume_groups:
        description: Volume groups of disks, partitions or arrays.
        type: list
        elements: dict
        suboptions:
          name:
            description: Its name.
            type: str
            required: true
          devices:
            description: What it is made of.
            type: list
            elements: str
          tags:
            description: Tags of the group.
            type: list
            elements: str
      logical_volumes:
        description: Volumes in the groups; such a one is the device C(/dev/GROUP/NAME).
        type: list
        elements: dict
        suboptions:
          name:
            description: Its name.
            type: str
            required: true
          volume_group:
            description: Name of its group.
            type: str
            required: true
          size:
            description: Mebibytes; V(0) is the rest, which the last one of the list alone can have.
            type: int
            required: true
          lvm_type:
            description: How it is laid on the devices; V(striped) and V(raid1) need two at least.
            type: str
            choices: [linear, striped, raid1]
            default: linear
      filesystems:
        description: What is made on the devices and where it is mounted.
        type: list
        elements: dict
        suboptions:
          device:
            description: The device, or V(tmpfs).
            type: str
            required: true
          format:
            description: Its format.
            type: str
            choices: [vfat, ext3, ext4, swap, tmpfs, none]
            required: true
          path:
            description: Where it is mounted; nowhere if not given.
            type: str
          label:
            description: A label, 2 to 128 characters.
            type: str
          mount_options:
            description: Options for mounting it.
            type: list
            elements: str
          create_options:
            description: Options for making it, one word each.
            type: list
            elements: str
"""

EXAMPLES = r"""
- name: The layout of machines with one disk
  metalstack.autonomous.metal_filesystem_layout:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    filesystem_layouts:
      - id: default
        name: Default
        constraints:
          sizes: [c1-medium-x86, c1-large-x86]
          images: {ubuntu: ">= 24.04", debian: "12"}
        disks:
          - device: /dev/sda
            partitions:
              - {number: 1, size: 500, gpt_type: ef00, label: efi}
              - {number: 2, size: 5000, gpt_type: "8300", label: root}
              - {number: 3, size: 0, gpt_type: "8300", label: varlib}
        filesystems:
          - {path: /boot/efi, device: /dev/sda1, format: vfat, label: efi, create_options: ["-F", "32"]}
          - {path: /, device: /dev/sda2, format: ext4, label: root}
          - {path: /var/lib, device: /dev/sda3, format: ext4, label: varlib}
          - {path: /tmp, device: tmpfs, format: tmpfs, mount_options: [defaults, noatime, size=512M]}

- name: One that is not needed any more
  metalstack.autonomous.metal_filesystem_layout:
    api_url: https://v2.metal.example.org
    api_token: "{{ metal_token }}"
    filesystem_layouts:
      - {id: lvm, state: absent}
"""

RETURN = r"""
filesystem_layouts:
  description: The layouts of the task that are, or would be, there, as
    M(metalstack.autonomous.metal_filesystem_layout_info) returns them.
  type: list
  elements: dict
  returned: success, and where some could not be changed
created:
  description: Ids of those that were, or would be, made.
  type: list
  elements: str
  returned: success, and where some could not be changed
updated:
  description: Ids of those that were, or would be, changed.
  type: list
  elements: str
  returned: success, and where some could not be changed
removed:
  description: Ids of those that were, or would be, removed.
  type: list
  elements: str
  returned: success, and where some could not be changed
problems:
  description: What is wrong with the task, or was not done, one by one.
  type: list
  elements: str
  returned: failure
api_version:
  description: The API that was spoken, V(v1) or V(v2).
  type: str
  returned: success, and where some could not be changed
"""

from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import module
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.filesystem_layout import (
    FILESYSTEM_LAYOUT,
)

WORD = {"type": "str", "required": True}
NUMBER = {"type": "int", "required": True}
WORDS = {"type": "list", "elements": "str"}


def one_of(*choices: str) -> module.Spec:
    return {**WORD, "choices": list(choices)}


def listed(**options: module.Spec) -> module.Spec:
    return {"type": "list", "elements": "dict", "options": options}


OPTIONS = {
    "name": {"type": "str"},
    "description": {"type": "str"},
    "constraints": {"type": "dict", "options": {"sizes": WORDS, "images": {"type": "dict"}}},
    "disks": listed(
        device=WORD,
        partitions=listed(
            number=NUMBER, size=NUMBER, gpt_type=one_of("ef00", "8300", "fd00", "8e00"), label={"type": "str"}
        ),
        wipe_on_reinstall={"type": "bool"},
    ),
    "raid": listed(
        array_name=WORD, level=one_of("0", "1"), devices=WORDS, create_options=WORDS, spares={"type": "int"}
    ),
    "volume_groups": listed(name=WORD, devices=WORDS, tags=WORDS),
    "logical_volumes": listed(
        name=WORD,
        volume_group=WORD,
        size=NUMBER,
        lvm_type={"type": "str", "choices": ["linear", "striped", "raid1"], "default": "linear"},
    ),
    "filesystems": listed(
        device=WORD,
        format=one_of("vfat", "ext3", "ext4", "swap", "tmpfs", "none"),
        path={"type": "str"},
        label={"type": "str"},
        mount_options=WORDS,
        create_options=WORDS,
    ),
}


def main() -> None:
    module.run(FILESYSTEM_LAYOUT, OPTIONS)


if __name__ == "__main__":
    main()
