#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pdns_tsigkey
short_description: Manage a TSIG key of a PowerDNS server
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Makes, changes and removes a key by which servers and clients prove who they are (RFC 8945).
  - The secret is neither returned nor shown in a diff.
extends_documentation_fragment:
  - metalstack.autonomous.pdns_api
options:
  name:
    description: Name of the key, as both sides know it.
    type: str
    required: true
  state:
    description: >-
      Whether the key shall be there. V(absent) is refused while a zone names the key, for it could not be transferred
      any more.
    type: str
    choices: [present, absent]
    default: present
  algorithm:
    description: Algorithm. A key that is there keeps its own if not given, a new one has C(hmac-sha256).
    type: str
    choices: [hmac-md5, hmac-sha1, hmac-sha224, hmac-sha256, hmac-sha384, hmac-sha512]
  secret:
    description: The secret in base64. Without it and O(secret_file) a key that is there stays, with its algorithm, and
      a new one is the server's.
    type: str
  secret_file:
    description: >-
      File with the secret in base64, on the host on which the module runs. If it is not there, the server makes the
      secret and the file is written, readable by its owner alone.
    type: path
"""

EXAMPLES = r"""
- name: The key for transfers
  metalstack.autonomous.pdns_tsigkey:
    api_key_file: /etc/powerdns/api.key
    name: transfer.example.org
    secret_file: /etc/powerdns/transfer.key
"""

RETURN = r"""
id:
  description: Id by which zones name the key.
  type: str
  returned: success
"""

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import keys, module

OPTIONS = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "algorithm": {"type": "str", "choices": list(keys.ALGORITHMS)},
    "secret": {"type": "str", "no_log": True},
    "secret_file": {"type": "path", "no_log": False},
}


def act(ansible, client):
    return keys.converge(client, ansible.params, ansible.check_mode)


def main():
    module.run(module.make(OPTIONS, mutually_exclusive=[("secret", "secret_file")]), act)


if __name__ == "__main__":
    main()
