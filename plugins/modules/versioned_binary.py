#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: versioned_binary
short_description: Install a program in a directory of its version and switch a symbolic link to it
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Keeps each version as C(ROOT/VERSION/NAME), so that going back to an earlier one is a change of the link.
  - The file is resolved and verified on the controller, transferred only if the host lacks it, and verified again on
    the host before it takes its final name.
  - A program whose checksum nobody knows is not installed.
  - Whether a version may follow another is for the caller to decide.
options:
  name:
    description: File name of the program.
    type: str
    required: true
  version:
    description: Version to install or remove. Required if O(state=present).
    type: str
  artifact:
    description:
      - Description of the program, as the P(metalstack.autonomous.artifact#lookup) lookup returns it.
      - Without it, with O(state=present), O(version) has to be installed already, and only the link is switched.
    type: dict
  root:
    description: Directory of the versions (default C(/opt/NAME)).
    type: path
  link:
    description: Symbolic link to the active version (default C(/usr/local/bin/NAME)).
    type: path
  activate:
    description: Whether the link is switched to O(version).
    type: bool
    default: true
  trial:
    description:
      - Arguments with which a version just installed has to run to success before the link may name it, such as
        V([--version]). One that does not run on this host is taken away again.
    type: list
    elements: str
    default: []
  keep:
    description: >-
      Versions to keep besides O(version) and the one that the link names; others are removed. By default all are kept.
    type: list
    elements: str
  state:
    description:
      - V(present) installs O(version).
      - V(absent) removes O(version), or without O(version) all of them, and the link if it named what is removed.
    type: str
    choices: [present, absent]
    default: present
  source:
    description: Where on the host the verified file was transferred to. Set by the action plugin.
    type: path
attributes:
  check_mode:
    description: Runs in check mode and tells what it would change.
    support: full
  diff_mode:
    description: Shows installed and active versions before and after when run with C(--diff).
    support: full
  idempotent:
    description: Run twice with the same input, it changes nothing the second time.
    support: full
"""

EXAMPLES = r"""
- name: Install and activate k3s
  metalstack.autonomous.versioned_binary:
    name: k3s
    version: v1.35.4+k3s1
    artifact: "{{ lookup('metalstack.autonomous.artifact', 'k3s', version='v1.35.4+k3s1') }}"

- name: Put the next version beside the active one
  metalstack.autonomous.versioned_binary:
    name: k3s
    version: v1.35.5+k3s1
    artifact: "{{ lookup('metalstack.autonomous.artifact', 'k3s', version='v1.35.5+k3s1') }}"
    activate: false

- name: Remove all versions
  metalstack.autonomous.versioned_binary:
    name: k3s
    state: absent
"""

RETURN = r"""
installed:
  description: Whether the file was (or in check mode would be) put on the host.
  type: bool
  returned: success
link_changed:
  description: Whether the link was (or would be) switched or removed.
  type: bool
  returned: success
previous_version:
  description: Version that the link named before, empty if none.
  type: str
  returned: success
removed:
  description: Versions that were (or would be) removed.
  type: list
  elements: str
  returned: success
path:
  description: Path of the program of this version.
  type: str
  returned: if O(version) is given
sha256:
  description: Checksum of the program.
  type: str
  returned: O(state=present)
origin:
  description: Where the program comes from.
  type: str
  returned: O(state=present)
"""

import os
import platform
import shutil
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact import files

ARCHS = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


class Refused(Exception):
    """The host is not in a state that this module acts on."""


class Binary:
    """The versions of one program on this host."""

    def __init__(self, name, root, link):
        self.name = name
        self.root = root
        self.link = link

    def path(self, version):
        return os.path.join(self.root, version, self.name)

    def versions(self):
        if not os.path.isdir(self.root):
            return []
        return sorted(entry.name for entry in os.scandir(self.root) if entry.is_dir())

    def active(self):
        """The version that the link names, empty if there is no link or it points elsewhere."""
        if not os.path.lexists(self.link):
            return ""
        if not os.path.islink(self.link):
            raise Refused(f"{self.link} is no symbolic link; expected nothing or a link into {self.root}: move it away")
        target = os.path.join(os.path.dirname(self.link), os.readlink(self.link))
        directory, file = os.path.split(os.path.normpath(target))
        parent, version = os.path.split(directory)
        return version if (parent, file) == (os.path.normpath(self.root), self.name) else ""

    def sha256(self, version):
        path = self.path(version)
        return files.sha256_of(Path(path)) if os.path.isfile(path) else ""

    def install(self, version, source, expected):
        """Put the transferred file in its place."""
        files.place(Path(source), Path(self.path(version)), expected, 0o755, f"transferred {self.name} {version}")

    def activate(self, version):
        new = f"{self.link}.new"
        if os.path.lexists(new):
            os.unlink(new)
        os.makedirs(os.path.dirname(self.link), exist_ok=True)
        os.symlink(self.path(version), new)
        os.replace(new, self.link)

    def deactivate(self):
        os.unlink(self.link)

    def remove(self, version):
        shutil.rmtree(os.path.join(self.root, version))
        if not os.listdir(self.root):
            os.rmdir(self.root)

    def free_bytes(self):
        directory = self.root
        while not os.path.isdir(directory):
            directory = os.path.dirname(directory)
        return shutil.disk_usage(directory).free


def host_arch():
    machine = platform.machine()
    if machine not in ARCHS:
        raise Refused(f"architecture {machine} of this host is not supported; expected one of {', '.join(ARCHS)}")
    return ARCHS[machine]


def present(module, binary):
    wanted, artifact = module.params["version"], module.params["artifact"]
    arch, found = host_arch(), binary.sha256(wanted)
    if not (artifact or found or module.check_mode):
        raise Refused(f"{wanted} is not installed; expected that, or an artifact to install it from")
    described = artifact["archs"][arch] if artifact else {"sha256": found, "source": "installed before"}
    expected = described["sha256"]
    versions, active = binary.versions(), binary.active()
    installed = bool(artifact) and (found != expected or not expected)
    link_changed = module.params["activate"] and active != wanted
    removed = outdated(versions, module.params["keep"], {wanted, active})
    result = {
        "installed": installed,
        "link_changed": link_changed,
        "previous_version": active,
        "removed": removed,
        "path": binary.path(wanted),
        "sha256": expected,
        "origin": described["source"],
        "changed": installed or link_changed or bool(removed),
    }
    source = module.params["source"]
    if artifact and (not expected or (installed and not source and not module.check_mode)):
        # The action plugin has to answer with the file, or with the checksum that it learned from it.
        return {"transfer": {"arch": arch, "installed_sha256": found, "free_bytes": binary.free_bytes()}}
    before = {"installed": versions, "active": active}
    after = {
        "installed": sorted({*versions, wanted} - set(removed)),
        "active": wanted if module.params["activate"] else active,
    }
    if module._diff and result["changed"]:
        result["diff"] = {"before": before, "after": after}
    if not module.check_mode:
        if installed:
            binary.install(wanted, source, expected)
            if module.params["trial"]:
                try_out(module, binary, wanted)
        if link_changed:
            binary.activate(wanted)
        for version in removed:
            binary.remove(version)
    return result


def try_out(module, binary, version):
    """Run a version once. What it unpacks at its first start is there then before it is needed."""
    command = [binary.path(version), *module.params["trial"]]
    code, output, errors = module.run_command(command)
    if code:
        binary.remove(version)
        said = (errors or output).strip()[-500:]
        raise Refused(f"{version} does not run on this host, '{' '.join(command)}' ended with {code}: {said}; removed")


def absent(module, binary):
    versions, active = binary.versions(), binary.active()
    wanted = module.params["version"]
    removed = [version for version in versions if wanted in (None, version)]
    link_changed = bool(active) and wanted in (None, active)
    result = {
        "installed": False,
        "link_changed": link_changed,
        "previous_version": active,
        "removed": removed,
        "changed": link_changed or bool(removed),
    }
    if wanted:
        result["path"] = binary.path(wanted)
    if module._diff and result["changed"]:
        result["diff"] = {
            "before": {"installed": versions, "active": active},
            "after": {
                "installed": [version for version in versions if version not in removed],
                "active": "" if link_changed else active,
            },
        }
    if not module.check_mode:
        if link_changed:
            binary.deactivate()
        for version in removed:
            binary.remove(version)
    return result


def outdated(versions, keep, always_kept):
    if keep is None:
        return []
    return [version for version in versions if version not in always_kept and version not in keep]


def main():
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "version": {"type": "str"},
            "artifact": {"type": "dict"},
            "root": {"type": "path"},
            "link": {"type": "path"},
            "activate": {"type": "bool", "default": True},
            "trial": {"type": "list", "elements": "str", "default": []},
            "keep": {"type": "list", "elements": "str"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "source": {"type": "path"},
        },
        required_if=[("state", "present", ("version",))],
        supports_check_mode=True,
    )
    name = module.params["name"]
    binary = Binary(name, module.params["root"] or f"/opt/{name}", module.params["link"] or f"/usr/local/bin/{name}")
    try:
        result = present(module, binary) if module.params["state"] == "present" else absent(module, binary)
    except (Refused, files.ChecksumError, OSError) as error:
        module.fail_json(msg=f"{name}: {error}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
