#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: https_probe
short_description: Ask a web server whose certificate is of the site's own authority
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Asks once, and fails unless there is an answer with one of the wanted status codes.
  - Believes an authority as curl and programs in Go do. On Python 3.13 and newer, which Debian 13 has,
    M(ansible.builtin.uri) refuses many that somebody has made by hand, such as those that C(openssl req -x509) makes.
options:
  url:
    description: What is asked for.
    type: str
    required: true
  ca_path:
    description: File with the authorities that may have issued the server's certificate; the system's if not given.
    type: path
  username:
    description: Who asks, together with O(password).
    type: str
  password:
    description: Password of O(username).
    type: str
  status_code:
    description: Status codes of HTTP, one of which the answer has to have.
    type: list
    elements: int
    default: [200]
  timeout:
    description: Seconds to wait for the answer.
    type: float
    default: 30
attributes:
  check_mode:
    description: Can run in check mode and asks the same.
    support: full
  diff_mode:
    description: Changes nothing.
    support: N/A
  idempotent:
    description: The second run changes nothing; neither does the first.
    support: full
seealso:
  - module: ansible.builtin.uri
"""

EXAMPLES = r"""
- name: Wait until the store answers
  metalstack.autonomous.https_probe:
    url: https://198.51.100.11:8427/health
    ca_path: /etc/victoria-metrics/ca.crt
    username: peer
    password: "{{ site_monitoring_peer_password }}"
  register: store
  until: store is succeeded
  retries: 30
  delay: 2
"""

RETURN = r"""
status:
  description: Status code of the answer.
  type: int
  returned: success
json:
  description: The answer, where it is JSON, else null.
  type: raw
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._net import https


def main():
    options = {
        "url": {"type": "str", "required": True},
        "ca_path": {"type": "path"},
        "username": {"type": "str"},
        "password": {"type": "str", "no_log": True},
        "status_code": {"type": "list", "elements": "int", "default": [200]},
        "timeout": {"type": "float", "default": 30},
    }
    both = [["username", "password"]]
    module = AnsibleModule(argument_spec=options, required_together=both, supports_check_mode=True)
    given = module.params
    login = (given["username"], given["password"]) if given["username"] else None
    try:
        answer = https.ask(given["url"], given["status_code"], given["ca_path"], login, given["timeout"])
    except https.Unanswered as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, status=answer.status, json=answer.content)


if __name__ == "__main__":
    main()
