#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: systemd_units
short_description: Manage a set of systemd units with the files they read
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Writes unit files and the files they read, enables and starts the units, and stops and removes those that should go.
  - Does it in one call for a whole set, so that a run with nothing to do costs one round trip.
  - Tells which services still run with an older configuration or binary. These are restarted only on request, since
    the caller may have to do that on one host after the other.
options:
  units:
    description:
      - Units by name, with their suffix. Each is a dictionary.
      - C(content) is the text of the unit file, C(state) one of V(started) (default), V(stopped) and V(absent).
      - C(enabled), a boolean, tells whether the unit starts at boot (default V(true)).
      - C(bound_to) names another unit that starts this one, by its C(WantedBy). While the other one does not run, this
        one is not started here; while it is about to, this one is queued behind it.
      - C(reads) lists paths out of O(files) and O(secret_files) that the unit reads; when one changes, the
        service counts as stale.
    type: dict
    required: true
  files:
    description:
      - Files that the units read, by their path. Each is a dictionary.
      - C(content) is the text of the file; without it, or with an empty one, the file is removed.
      - C(mode) is the file's mode as an octal number in a string (default V(0600)).
    type: dict
    default: {}
  secret_files:
    description:
      - Files that the units read and that nobody else may, text by path. Their diff shows that they changed, not how.
    type: dict
    default: {}
  directory:
    description: Where the unit files are kept.
    type: path
    default: /etc/systemd/system
  restart_stale:
    description: Whether services that run with an older configuration or binary are restarted.
    type: bool
    default: false
attributes:
  check_mode:
    description: Runs in check mode and tells what it would change.
    support: full
  diff_mode:
    description: Shows the changed files when run with C(--diff).
    support: full
  idempotent:
    description: Run twice with the same input, it changes nothing the second time.
    support: full
"""

EXAMPLES = r"""
- name: Run a service
  metalstack.autonomous.systemd_units:
    units:
      example.service:
        content: |
          [Service]
          ExecStart=/usr/local/bin/example --config=/etc/example.conf
          [Install]
          WantedBy=multi-user.target
        reads: [/etc/example.conf]
    files:
      /etc/example.conf:
        content: "answer = 42"
"""

RETURN = r"""
stale:
  description: Services that still run with an older configuration or binary.
  type: list
  elements: str
  returned: success
restarted:
  description: Services that were restarted, or would be.
  type: list
  elements: str
  returned: success
started:
  description: Units that were started, or would be.
  type: list
  elements: str
  returned: success
removed:
  description: Units that were stopped and removed, or would be.
  type: list
  elements: str
  returned: success
written:
  description: Files that were written or removed, or would be, those of the units last.
  type: list
  elements: str
  returned: success
"""

import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._systemd.manager import File, SystemdUnits


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "units": {"type": "dict", "required": True},
            "files": {"type": "dict", "default": {}},
            "secret_files": {"type": "dict", "default": {}, "no_log": True},
            "directory": {"type": "path", "default": "/etc/systemd/system"},
            "restart_stale": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params: dict[str, t.Any] = module.params
    files = {
        path: File(wanted.get("content") or None, int(str(wanted.get("mode", "0600")), 8))
        for path, wanted in params["files"].items()
    }
    files |= {path: File(content or None, 0o600, secret=True) for path, content in params["secret_files"].items()}
    units = SystemdUnits(module, Path(params["directory"]), params["units"], files)
    module.exit_json(**units.converge(restart_stale=params["restart_stale"]))


if __name__ == "__main__":
    main()
