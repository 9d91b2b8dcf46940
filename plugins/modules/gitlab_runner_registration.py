#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: gitlab_runner_registration
short_description: Have GitLab know a host as one that runs the jobs of a runner
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Asks GitLab whether it takes a runner's authentication token before anything of the runner is changed, and tells it
    which machine uses it.
  - That machine has a name, the system ID in C(.runner_system_id) beside the runner's configuration. It is made of
    O(site) and O(host), so that a host that was installed anew is the same for GitLab, and one that is gone can be
    forgotten by its name.
  - The token is sent in the body of a request. It is in no text of an error.
options:
  url:
    description: GitLab's URL, as in V(https://gitlab.example.net). Required if O(state=present).
    type: str
  token:
    description: The runner's authentication token (C(glrt-…)). Required if O(state=present).
    type: str
  directory:
    description: Where the runner's configuration is.
    type: path
    required: true
  site:
    description: Name of the site.
    type: str
    required: true
  host:
    description: Name of the host.
    type: str
    required: true
  former_hosts:
    description: >-
      Hosts that may have run the jobs before. With O(state=present) GitLab is asked to forget them when this host
      begins to.
    type: list
    elements: str
    default: []
  ca_path:
    description: >-
      File with the authorities that may have issued GitLab's certificate; the system's if not given.
    type: path
  timeout:
    description: Seconds to wait for an answer.
    type: float
    default: 30
  state:
    description:
      - V(present) has GitLab know the host. It fails where GitLab does not take the token. One that does not answer is
        warned of, so that a site can be seen to while GitLab is lost, and forgets no former hosts.
      - V(absent) has GitLab forget it, with what the host's own C(config.toml) says of GitLab. One that does not answer
        is warned of, and shows the host as offline until somebody removes it there.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description: >-
      Tells what it would change. GitLab is asked only where the host has its name already, since it takes note of each
      name that it hears.
    support: full
  diff_mode:
    description: Shows the host's name for GitLab before and after when run with C(--diff).
    support: full
  idempotent:
    description: Run twice with the same input, it changes nothing the second time.
    support: full
"""

EXAMPLES = r"""
- name: Have GitLab know this host
  metalstack.autonomous.gitlab_runner_registration:
    url: https://gitlab.example.net
    token: "{{ vault_runner_token }}"
    directory: /etc/metalstack-runner
    site: example
    host: "{{ inventory_hostname }}"
"""

RETURN = r"""
system_id:
  description: The host's name for GitLab.
  type: str
  returned: success
runner:
  description: Number of the runner in GitLab, 0 where GitLab was not asked.
  type: int
  returned: O(state=present)
expires:
  description: When GitLab takes the token no more, empty for never.
  type: str
  returned: O(state=present)
forgotten:
  description: Hosts that GitLab knew and has forgotten, or in check mode may be asked to forget.
  type: list
  elements: str
  returned: success
"""

import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._gitlab import configuration, system_id
from ansible_collections.metalstack.autonomous.plugins.module_utils._gitlab.client import Client, Refused, Registered
from ansible_collections.metalstack.autonomous.plugins.module_utils._net import https


def present(module: AnsibleModule, client: Client, file: Path, wanted: str, found: str) -> dict:
    """Ask first; the name is written down last."""
    changed, known = found != wanted, Registered(0, "")
    answers = not (module.check_mode and changed)
    if answers:
        try:
            known = client.verify(wanted)
        except https.Unanswered as error:
            module.warn(f"GitLab could not be asked whether it takes the token; the runner goes on asking: {error}")
            answers = False
    forgotten = []
    if changed:
        former = [name for name in module.params["former_hosts"] if name != module.params["host"]]
        names = {name: system_id.of_host(module.params["site"], name) for name in former}
        if module.check_mode:
            forgotten = former
        elif answers:
            forgotten = [name for name, one in names.items() if client.forget(one)]
        if not module.check_mode:
            write(file, wanted)
    return {"changed": changed, "runner": known.runner, "expires": known.expires, "forgotten": forgotten}


def absent(module: AnsibleModule, file: Path, known: str) -> dict:
    """Forget it here whatever GitLab says."""
    if not file.exists():
        return {"changed": False, "forgotten": []}
    forgotten = []
    if module.check_mode:
        forgotten = [module.params["host"]]
    else:
        client = configured(module)
        try:
            if client and client.forget(known):
                forgotten = [module.params["host"]]
        except https.Unanswered as error:
            module.warn(f"GitLab shows {known} as offline until it is removed there: {error}")
        file.unlink()
    return {"changed": True, "forgotten": forgotten}


def configured(module: AnsibleModule) -> Client | None:
    """The GitLab of the host's own configuration."""
    file = Path(module.params["directory"], configuration.FILE)
    found = configuration.read(file.read_text(encoding="utf-8")) if file.exists() else None
    return Client(found.url, found.token, found.cafile or None, module.params["timeout"]) if found else None


def write(file: Path, text: str) -> None:
    new = file.with_name(f"{file.name}.new")
    new.write_text(f"{text}\n", encoding="ascii")
    new.chmod(0o600)
    os.replace(new, file)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str"},
            "token": {"type": "str", "no_log": True},
            "directory": {"type": "path", "required": True},
            "site": {"type": "str", "required": True},
            "host": {"type": "str", "required": True},
            "former_hosts": {"type": "list", "elements": "str", "default": []},
            "ca_path": {"type": "path"},
            "timeout": {"type": "float", "default": 30},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[("state", "present", ("url", "token"))],
        supports_check_mode=True,
    )
    given = module.params
    file = Path(given["directory"], system_id.FILE)
    own = system_id.of_host(given["site"], given["host"])
    try:
        found = system_id.read(file.read_text(encoding="utf-8")) if file.exists() else ""
        if given["state"] == "present":
            client = Client(given["url"], given["token"], given["ca_path"], given["timeout"])
            result = {"system_id": own, **present(module, client, file, own, found)}
        else:
            result = {"system_id": found or own, **absent(module, file, found or own)}
    except Refused as error:
        module.fail_json(
            msg=f"{error}. Nothing was changed. Make a runner there (Settings, CI/CD, Runners), and give its token"
        )
    except (https.Unanswered, OSError) as error:
        module.fail_json(msg=f"{error}. Nothing was changed")
    if module._diff and result["changed"]:
        after = own if given["state"] == "present" else ""
        result["diff"] = {"before": f"{found}\n".lstrip("\n"), "after": f"{after}\n".lstrip("\n")}
    module.exit_json(**result)


if __name__ == "__main__":
    main()
