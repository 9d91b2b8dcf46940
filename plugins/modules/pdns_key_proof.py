#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pdns_key_proof
short_description: Prove that PowerDNS servers take one key and refuse those of before
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Asks every API with the key, which has to be taken, and with each of the former ones, which have to be refused.
  - Likewise asks for whole zones, which needs dnspython where the module runs.
  - A server that does not answer proves nothing and is a failure. Nothing is changed; no key is returned or shown.
options:
  kind:
    description: Which key.
    type: str
    choices: [api_key, transfer_key]
    required: true
  key:
    description: The key of the API, or the secret of that for transfers.
    type: str
    required: true
  name:
    description: Name of the key for transfers, required for it.
    type: str
  former:
    description: The keys of before by name.
    type: dict
    default: {}
  api_urls:
    description: Where the APIs to be asked listen.
    type: list
    elements: str
    default: []
  authority:
    description: Certificate in PEM of the authority that the APIs' certificates are of.
    type: str
  servers:
    description: Addresses of the servers to be asked for zones, with a port after a colon if it is not 53.
    type: list
    elements: str
    default: []
  zones:
    description: The zones.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Changes nothing.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
  idempotent:
    description: Changes nothing.
    support: full
"""

EXAMPLES = r"""
- name: Prove that the former key of the API is refused
  metalstack.autonomous.pdns_key_proof:
    kind: api_key
    key: "{{ vaulted_api_key }}"
    former: {leaked: "{{ leaked_api_key }}"}
    api_urls: ["http://127.0.0.1:8081"]
"""

RETURN = r"""
proved:
  description: What was seen.
  type: list
  elements: str
  returned: success
  sample: ["http://127.0.0.1:8081 takes the key"]
"""

import tempfile

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import former_keys, names, proof
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.client import PdnsError


def prove(parameters):
    key, former = parameters["key"], {str(name): str(other) for name, other in parameters["former"].items()}
    if parameters["kind"] == former_keys.TRANSFER:
        return proof.of_transfers(
            parameters["servers"], parameters["zones"], names.zone_name(parameters["name"]), key, former
        )
    if not parameters["authority"]:
        return proof.of_api(parameters["api_urls"], key, former)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(parameters["authority"])
        file.flush()
        return proof.of_api(parameters["api_urls"], key, former, file.name)


def main():
    module = AnsibleModule(
        argument_spec={
            "kind": {"type": "str", "choices": list(former_keys.KINDS), "required": True},
            "key": {"type": "str", "required": True, "no_log": True},
            "name": {"type": "str"},
            "former": {"type": "dict", "default": {}, "no_log": True},
            "api_urls": {"type": "list", "elements": "str", "default": []},
            "authority": {"type": "str"},
            "servers": {"type": "list", "elements": "str", "default": []},
            "zones": {"type": "list", "elements": "str", "default": []},
        },
        required_if=[
            ("kind", former_keys.API, ["api_urls"]),
            ("kind", former_keys.TRANSFER, ["name", "servers", "zones"]),
        ],
        supports_check_mode=True,
    )
    try:
        proved = prove(module.params)
    except ImportError as error:
        module.fail_json(msg=f"this needs dnspython where the module runs (Debian: python3-dnspython): {error}")
    except (proof.NotProved, PdnsError, ValueError, OSError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, proved=proved)


if __name__ == "__main__":
    main()
