#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_certificate
short_description: Give a host a server certificate of the site's own authority
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - >-
    Issues a certificate with a new private key when the host has none, when it is for other names, when another
    authority has issued it, when its key is missing, or when it ends soon. Otherwise it changes nothing.
  - The key of the authority stays on the controller. The host's own key goes to the host alone, into a file of mode
    0600, and is neither returned nor shown in a diff.
  - This is an action plugin; the controller needs the Python package C(cryptography), which ansible-core brings along.
extends_documentation_fragment:
  - metalstack.autonomous.certificate_pair
options:
  authority:
    description: Private key and certificate of the authority in PEM, one after the other. Required for the task.
    type: str
  names:
    description: DNS names that the certificate is for.
    type: list
    elements: str
    default: []
  addresses:
    description: IP addresses that the certificate is for. Names and addresses can't both be empty.
    type: list
    elements: str
    default: []
  client:
    description: Whether the host proves with it who it is when it asks others, too.
    type: bool
    default: false
  days:
    description: Days that a new certificate is valid; less when its authority ends before.
    type: int
    default: 365
  renew_days:
    description: A certificate that ends within so many days is replaced.
    type: int
    default: 60
"""

EXAMPLES = r"""
- name: Give the API of PowerDNS a certificate
  metalstack.autonomous.host_certificate:
    path: /etc/powerdns/metalstack/api.pem
    authority: "{{ site_ca }}"
    names: [dns.example.org]
    addresses: [198.51.100.9]
  register: certificate
"""

RETURN = r"""
fingerprint:
  description: SHA-256 of the certificate in hexadecimal; empty in check mode when a new one would be issued. In the
    configuration of its service it makes that restart with a new certificate.
  type: str
  returned: success
reason:
  description: Why a new one was, or would be, issued.
  type: str
  returned: success
authority:
  description: Certificate of the authority in PEM, for those who have to trust it.
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
            "names": {"type": "list", "elements": "str", "default": []},
            "addresses": {"type": "list", "elements": "str", "default": []},
            "client": {"type": "bool", "default": False},
            "owner": {"type": "str", "default": ""},
            "days": {"type": "int", "default": 365},
            "renew_days": {"type": "int", "default": 60},
            "certificate": {"type": "str"},
            "key": {"type": "str", "no_log": True},
        },
        supports_check_mode=True,
    )
    pair = Pair(Path(module.params["path"]), module.params["owner"])
    try:
        if module.params["certificate"] and module.params["key"]:
            pair.write(module.params["certificate"], module.params["key"])
            module.exit_json(changed=True)
        changed = pair.hand_over(module.check_mode) if os.geteuid() == 0 else False
        text = pair.text()
        module.exit_json(changed=changed, certificate=text, key_matches=bool(text) and pair.matches())
    except (OSError, KeyError) as error:
        module.fail_json(msg=f"{pair.path}: {error}")


if __name__ == "__main__":
    main()
