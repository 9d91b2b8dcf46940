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
options:
  path:
    description: File of the certificate. Its private key is kept beside it with C(.key) appended.
    type: path
    required: true
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
  owner:
    description: User who may read the key besides root; root alone if empty.
    type: str
    default: ''
  days:
    description: Days that a new certificate is valid; less when its authority ends before.
    type: int
    default: 365
  renew_days:
    description: A certificate that ends within so many days is replaced.
    type: int
    default: 60
  certificate:
    description: Used by the action plugin.
    type: str
  key:
    description: Used by the action plugin.
    type: str
attributes:
  check_mode:
    description: Can run in check mode and tells whether it would issue a certificate.
    support: full
  diff_mode:
    description: Says why a certificate is replaced; its text is not shown.
    support: full
  idempotent:
    description: The second run changes nothing.
    support: full
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
import pwd
import ssl
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule


def matches(certificate, key):
    """Whether the key is that of the certificate."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError):
        return False
    return True


def write(path, text, mode, owner):
    """Whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    if owner:
        account = pwd.getpwnam(owner)
        os.chown(partial, account.pw_uid, account.pw_gid)
    partial.chmod(mode)
    partial.rename(path)


def owned(key, owner, check):
    """Hand the key over to its reader; whether that was, or would be, done."""
    wanted = pwd.getpwnam(owner).pw_uid if owner else 0
    if not key.exists() or key.stat().st_uid == wanted:
        return False
    if not check:
        os.chown(key, wanted, -1)
    return True


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
    path = Path(module.params["path"])
    key = path.with_name(f"{path.name}.key")
    owner = module.params["owner"]
    try:
        if module.params["certificate"] and module.params["key"]:
            path.parent.mkdir(parents=True, exist_ok=True)
            # The key first: interrupted in between, the pair does not match and is made anew.
            write(key, module.params["key"], 0o600, owner)
            write(path, module.params["certificate"], 0o644, "")
            module.exit_json(changed=True)
        changed = owned(key, owner, module.check_mode) if os.geteuid() == 0 else False
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        module.exit_json(changed=changed, certificate=text, key_matches=bool(text) and matches(path, key))
    except (OSError, KeyError) as error:
        module.fail_json(msg=f"{path}: {error}")


if __name__ == "__main__":
    main()
