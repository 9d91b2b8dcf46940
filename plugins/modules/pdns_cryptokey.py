#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pdns_cryptokey
short_description: Manage a DNSSEC key of a PowerDNS zone
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Adds, switches and removes keys with which a zone is signed.
  - >-
    Keys are told apart by their id, or by their flags and algorithm; the API's own C(keytype) is not used for that, for
    it depends on which other keys are active.
extends_documentation_fragment:
  - metalstack.autonomous.pdns_api
options:
  zone:
    description: Name of the zone, which has to be there.
    type: str
    required: true
  key_id:
    description: A certain key, which has to be there.
    type: int
  keytype:
    description: V(csk) signs all, V(ksk) signs keys and V(zsk) the rest. V(csk) and V(ksk) have the same flags.
    type: str
    choices: [csk, ksk, zsk]
    default: csk
  algorithm:
    description: Algorithm, by the name of the DNSSEC registry or by that of PowerDNS.
    type: str
    default: ECDSAP256SHA256
  bits:
    description: Size of a new key, for algorithms that have several.
    type: int
  state:
    description: >-
      Whether the key shall be there. Removal of the last active key is refused, for the zone would fail validation; set
      O(metalstack.autonomous.pdns_zone#module:dnssec=false) instead.
    type: str
    choices: [present, absent]
    default: present
  active:
    description: Whether it signs.
    type: bool
    default: true
  published:
    description: Whether its DNSKEY record is served.
    type: bool
    default: true
  private_key_file:
    description: File with a private key in ISC form to bring in when there is none of this kind, on the host on which
      the module runs.
    type: path
"""

EXAMPLES = r"""
- name: A key that is published ahead of a rollover
  metalstack.autonomous.pdns_cryptokey:
    api_key_file: /etc/powerdns/api.key
    zone: example.org
    keytype: csk
    algorithm: ED25519
    active: false
"""

RETURN = r"""
key:
  description: >-
    The key with C(id), C(flags), C(algorithm), C(bits), C(active), C(published), C(dnskey) and C(ds); without the
    private part.
  type: dict
  returned: success, when there is one
"""

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import cryptokeys, module

OPTIONS = {
    "zone": {"type": "str", "required": True},
    "key_id": {"type": "int", "no_log": False},
    "keytype": {"type": "str", "choices": list(cryptokeys.FLAGS), "default": "csk", "no_log": False},
    "algorithm": {"type": "str", "default": "ECDSAP256SHA256"},
    "bits": {"type": "int"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "active": {"type": "bool", "default": True},
    "published": {"type": "bool", "default": True},
    "private_key_file": {"type": "path", "no_log": False},
}


def act(ansible, client):
    return cryptokeys.converge(client, ansible.params, ansible.check_mode)


def main():
    module.run(module.make(OPTIONS), act)


if __name__ == "__main__":
    main()
