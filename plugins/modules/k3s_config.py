# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: k3s_config
short_description: Write the files that k3s reads and tell the host of them
version_added: 0.1.0
description:
  - Writes all configuration of a k3s host in one call, every file atomically.
  - Has systemd read the unit file, enables the unit and applies the kernel settings when asked to. k3s itself is not
    started or restarted.
extends_documentation_fragment:
  - metalstack.autonomous.k3s_attributes
options:
  directories:
    description: Directories to have, in this order.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Where.
        type: path
        required: true
      mode:
        description: Its permissions.
        type: str
        default: "0755"
  files:
    description: Files to have. The difference is shown.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Where.
        type: path
        required: true
      content:
        description: The whole text. A file without text is removed.
        type: str
        default: ""
      mode:
        description: Its permissions.
        type: str
        default: "0600"
  secrets:
    description:
      - Text of files that nobody but root may read, by path. The difference says that there is one and no more.
      - A file without text is removed.
    type: dict
    default: {}
  enable:
    description: >-
      Whether systemd, having read a changed unit file, is to start k3s at every boot. Otherwise the unit is left alone.
    type: bool
    default: false
  apply_sysctls:
    description: Whether the kernel settings in C(/etc/sysctl.d) are applied.
    type: bool
    default: false
author:
  - metal-stack authors (@metal-stack)
"""

EXAMPLES = r"""
- name: Write the configuration
  metalstack.autonomous.k3s_config:
    directories:
      - path: /etc/rancher/k3s/config.yaml.d
        mode: "0700"
    files:
      - path: /etc/rancher/k3s/config.yaml.d/20-node.yaml
        content: |
          node-name: server1
    secrets:
      /etc/rancher/k3s/token: "{{ token }}"
"""

RETURN = r"""
paths:
  description: Files and directories that were changed, or would have been.
  returned: always
  type: list
  elements: str
  sample: [/etc/rancher/k3s/config.yaml.d/20-node.yaml]
commands:
  description: What was called afterwards, or would have been.
  returned: always
  type: list
  elements: list
  sample: [[systemctl, enable, k3s.service]]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import files, layout


def wanted(params):
    plain = [
        files.File(entry["path"], entry["content"] or None, int(entry["mode"], 8), False) for entry in params["files"]
    ]
    return plain + [files.File(path, text or None, 0o600, True) for path, text in sorted(params["secrets"].items())]


def apply(directories, pending):
    for path, mode in directories:
        files.make_directory(path, mode)
    for file in pending:
        files.write(file)


def commands(params, written, enabled):
    """What the host has to be told after the files were written."""
    if params["enable"] and not enabled:
        # This has systemd read the unit files again by itself.
        yield ["systemctl", "enable", layout.UNIT]
    elif params["enable"] and layout.UNIT_FILE in written:
        yield ["systemctl", "daemon-reload"]
    if params["apply_sysctls"]:
        yield ["systemctl", "restart", "systemd-sysctl.service"]


def is_enabled(module):
    code, output, _errors = module.run_command(["systemctl", "is-enabled", layout.UNIT])
    return code == 0 and output.strip() == "enabled"


def main():
    entry = {"path": {"type": "path", "required": True}}
    module = AnsibleModule(
        argument_spec={
            "directories": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {**entry, "mode": {"type": "str", "default": "0755"}},
            },
            "files": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    **entry,
                    "content": {"type": "str", "default": ""},
                    "mode": {"type": "str", "default": "0600"},
                },
            },
            "secrets": {"type": "dict", "default": {}, "no_log": True},
            "enable": {"type": "bool", "default": False},
            "apply_sysctls": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    directories = [(entry["path"], int(entry["mode"], 8)) for entry in module.params["directories"]]
    directories = [entry for entry in directories if files.directory_differs(*entry)]
    differences = {file: files.difference(file) for file in wanted(module.params)}
    pending = [file for file, difference in differences.items() if difference]
    paths = [path for path, _mode in directories] + [file.path for file in pending]
    enabled = not module.params["enable"] or is_enabled(module)
    calls = list(commands(module.params, paths, enabled))
    if not module.check_mode:
        try:
            apply(directories, pending)
        except OSError as error:
            module.fail_json(msg=f"cannot write {error.filename or 'a file'}: {error.strerror or error}")
        for call in calls:
            module.run_command(call, check_rc=True)
    module.exit_json(
        changed=bool(paths or calls),
        paths=paths,
        commands=calls,
        diff=[differences[file] for file in pending],
    )


if __name__ == "__main__":
    main()
