#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: issuing_authority
short_description: Give a host an authority of its own, below one whose key stays on the controller
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Issues the certificate of an authority that may issue certificates for some domains alone, and its private key,
    which is encrypted. What it may issue for stands in the certificate itself (name constraints), so that clients hold
    it to that whatever becomes of the host.
  - The certificate is issued anew when the host has none, when it is for other names, when another authority has issued
    it, or when it ends soon. The key stays the same, so that what it has signed is good.
  - The key of the upper authority stays on the controller. The host's own key goes to the host alone, into a file of
    mode 0600, and is neither returned nor shown in a diff.
  - This is an action plugin; the controller needs the Python package C(cryptography), which ansible-core brings along.
extends_documentation_fragment:
  - metalstack.autonomous.certificate_pair
options:
  authority:
    description: Private key and certificate of the upper authority in PEM, one after the other. Its basic constraints
      have to let it issue authorities. Required for the task.
    type: str
  password:
    description: What the private key is encrypted with. A key that it does not open is an error. Required for the task.
    type: str
  name:
    description: Common name of the authority. Required for the task.
    type: str
  domains:
    description: DNS domains that it issues for, each with all names below. Required for the task.
    type: list
    elements: str
    default: []
  networks:
    description: Networks in CIDR notation whose addresses it issues for. Without any it issues for none.
    type: list
    elements: str
    default: []
  days:
    description: Days that a new certificate is valid; less when its authority ends before.
    type: int
    default: 1825
  renew_days:
    description: A certificate that ends within so many days is replaced.
    type: int
    default: 365
"""

EXAMPLES = r"""
- name: Have an authority that issues for a site alone
  metalstack.autonomous.issuing_authority:
    path: /var/lib/acme-ca/intermediate.crt
    authority: "{{ vault_root }}"
    password: "{{ vault_intermediate_password }}"
    name: example ACME CA
    domains: [example.org]
    owner: acme-ca
  register: authority
"""

RETURN = r"""
fingerprint:
  description: SHA-256 of the certificate in hexadecimal; empty in check mode when a new one would be issued.
  type: str
  returned: success
reason:
  description: Why a new one was, or would be, issued.
  type: str
  returned: success
authority:
  description: Certificate of the upper authority in PEM, for those who have to trust it.
  type: str
  returned: success
"""

import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._certificates.pair import Pair


def main():
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "authority": {"type": "str", "no_log": True},
            "password": {"type": "str", "no_log": True},
            "name": {"type": "str"},
            "domains": {"type": "list", "elements": "str", "default": []},
            "networks": {"type": "list", "elements": "str", "default": []},
            "owner": {"type": "str", "default": ""},
            "days": {"type": "int", "default": 1825},
            "renew_days": {"type": "int", "default": 365},
            "certificate": {"type": "str"},
            "key": {"type": "str", "no_log": True},
        },
        supports_check_mode=True,
    )
    pair = Pair(Path(module.params["path"]), module.params["owner"])
    try:
        if module.params["certificate"]:
            pair.write(module.params["certificate"], module.params["key"] or "")
            module.exit_json(changed=True)
        changed = pair.hand_over(module.check_mode) if os.geteuid() == 0 else False
        text, has_key = pair.text(), pair.key.exists()
        matches = bool(text) and pair.matches(module.params["password"])
        module.exit_json(changed=changed, certificate=text, key_matches=matches, has_key=has_key)
    except (OSError, KeyError) as error:
        module.fail_json(msg=f"{pair.path}: {error}")


if __name__ == "__main__":
    main()
