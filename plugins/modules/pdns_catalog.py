#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pdns_catalog
short_description: Make a PowerDNS server the producer or a consumer of a catalog zone, and change sides
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - >-
    A catalog zone (RFC 9432) tells secondaries which zones a primary has. The primary is its producer, a secondary a
    consumer.
  - >-
    With O(promote) a consumer becomes the producer: its zones become primary ones with higher serials. This is refused
    while the server that it followed answers, while another secondary has newer data, while a zone was never fetched,
    and for signed zones, whose keys stay with the former primary, unless they are given (O(signing_keys)).
  - >-
    With O(demote) a producer becomes a consumer of the new primary: everything of its zones is kept in files first,
    then they are removed and come back by transfer. This is refused until the new primary has a newer catalog.
  - Both can be interrupted and are completed by the next run.
extends_documentation_fragment:
  - metalstack.autonomous.pdns_api
options:
  zone:
    description: Name of the catalog zone.
    type: str
    required: true
  role:
    description: The server's side.
    type: str
    choices: [producer, consumer]
    required: true
  primary:
    description: Address of the primary, with a port after a colon if it is not 53. Required for a consumer.
    type: str
  promote:
    description: Whether a consumer may become the producer.
    type: bool
    default: false
  demote:
    description: Whether a producer may become a consumer.
    type: bool
    default: false
  require_gone:
    description: Whether the former primary has to be silent. It has not, when it is only asked in check mode what else
      would be in the way of a hand-over.
    type: bool
    default: true
  others:
    description: Addresses of the other secondaries, none of which may have newer zones than a server to be promoted, or
      any at all when a producer is made anew.
    type: list
    elements: str
    default: []
  serial_margin:
    description: By how much the serials rise on promotion, to be above any that the former primary has served last.
    type: int
    default: 1000
  signing_keys:
    description:
      - Private keys of signed zones, as M(metalstack.autonomous.pdns_signing_keys) returns them. With O(promote) a zone
        that is signed with them is signed with them on this server from then on, without a moment in which it is not.
      - A key that the zone is not signed with is refused, and so is a zone that is signed with others besides.
      - Takes a server with the SQLite backend, and C(openssl) where the module runs.
    type: str
  database:
    description: The server's own database, for O(signing_keys). The module has to run where it is.
    type: path
    default: /var/lib/powerdns/pdns.sqlite3
  accept_presigned:
    description: Whether signed zones are promoted without their keys where those given will not do. They keep the
      signatures that they came with and cannot be changed before the keys are imported.
    type: bool
    default: false
  wait_for:
    description: Addresses of secondaries to wait for, until they serve every zone of a producer as it is.
    type: list
    elements: str
    default: []
  wait_for_some:
    description:
      - Addresses of secondaries that follow no catalog, to wait for until each serves those zones as they are that it
        answers for. One that answers for none of them is an error.
    type: list
    elements: str
    default: []
  touched:
    description:
      - Zones of a producer whose serial is raised, which has them transferred. Then only these are waited for.
      - Every run raises them.
    type: list
    elements: str
    default: []
  wait_timeout:
    description: Seconds to wait.
    type: float
    default: 60
  keep_directory:
    description: Where a demoted server keeps what its zones were, in JSON as the API gives it, readable by root alone.
    type: path
    default: /var/lib/powerdns/demoted
"""

EXAMPLES = r"""
- name: Become the primary after the old one was lost
  metalstack.autonomous.pdns_catalog:
    api_key_file: /etc/powerdns/api.key
    zone: catalog.invalid
    role: producer
    promote: true
    others: [198.51.100.13]
    signing_keys: "{{ read.signing_keys }}"
"""

RETURN = r"""
promoted:
  description: Zones that were, or would be, made primary.
  type: list
  elements: str
  returned: success
with_keys:
  description: Zones among them that were, or would be, given the keys that they are signed with.
  type: list
  elements: str
  returned: success
kept:
  description: Files with what a demoted server's zones were.
  type: list
  elements: str
  returned: success
"""

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import catalog, module, names, signed_zones

OPTIONS = {
    "zone": {"type": "str", "required": True},
    "role": {"type": "str", "choices": list(catalog.KINDS), "required": True},
    "primary": {"type": "str"},
    "promote": {"type": "bool", "default": False},
    "demote": {"type": "bool", "default": False},
    "require_gone": {"type": "bool", "default": True},
    "others": {"type": "list", "elements": "str", "default": []},
    "serial_margin": {"type": "int", "default": 1000},
    "signing_keys": {"type": "str", "no_log": True},
    "database": {"type": "path", "default": "/var/lib/powerdns/pdns.sqlite3"},
    "accept_presigned": {"type": "bool", "default": False},
    "wait_for": {"type": "list", "elements": "str", "default": []},
    "wait_for_some": {"type": "list", "elements": "str", "default": []},
    "touched": {"type": "list", "elements": "str", "default": []},
    "wait_timeout": {"type": "float", "default": 60},
    "keep_directory": {"type": "path", "default": "/var/lib/powerdns/demoted"},
}


def act(ansible, client):
    name = names.zone_name(ansible.params["zone"])
    signed = signed_zones.SignedZones(client, ansible.params["signing_keys"], ansible.params["database"])
    # The text as a whole is masked as the parameter that it is.
    ansible.no_log_values.update(signed.secrets)
    return catalog.Catalog(client, name, ansible.check_mode, signed).converge(ansible.params)


def main():
    module.run(module.make(OPTIONS, required_if=[("role", "consumer", ["primary"])]), act)


if __name__ == "__main__":
    main()
