#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: pdns_zone
short_description: Manage a zone of a PowerDNS Authoritative Server as a whole
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Brings settings, metadata and records of one zone to what is given, in one call, and sends only what differs.
  - Names may be relative to the zone and data may be written as people write it; what the server stores is compared in
    its own form, so that a second run changes nothing.
  - The serial stays the server's and never goes backwards.
  - What was written is read back. Large changes go in portions; deletions go with what replaces them.
extends_documentation_fragment:
  - metalstack.autonomous.pdns_api
options:
  zone:
    description: Name of the zone, with or without its final dot.
    type: str
    required: true
    aliases: [name]
  state:
    description: Whether the zone shall be there. V(absent) removes it with all of its records.
    type: str
    choices: [present, absent]
    default: present
  kind:
    description: >-
      V(primary) and V(secondary) are also known as V(master) and V(slave). A V(producer) is a catalog zone
      (RFC 9432), a V(consumer) follows one. A new zone is V(native) if not given.
    type: str
    choices: [native, primary, secondary, producer, consumer, master, slave]
  masters:
    description: Addresses of the servers that a secondary or consumer gets the zone from; a port other than 53 after a
      colon.
    type: list
    elements: str
    aliases: [primaries]
  account:
    description: Account that the zone belongs to; empty for none.
    type: str
  catalog:
    description: Catalog zone that lists this zone; empty for none.
    type: str
  soa_edit_api:
    description: >-
      How the serial rises with each change by the API, such as V(DEFAULT), V(INCREASE), V(EPOCH); V(OFF) leaves it to
      this module. A new producer gets V(EPOCH), for its members' list counts in seconds.
    type: str
  soa_edit:
    description: How the serial is rewritten when the zone is transferred; for signed zones.
    type: str
  api_rectify:
    description: Whether a change by the API rectifies the zone. It walks the whole zone, 0.4 s for 100,000 sets.
    type: bool
  dnssec:
    description: Whether the zone is signed. Keys are made by the server; see M(metalstack.autonomous.pdns_cryptokey).
    type: bool
  nsec3param:
    description: Parameters of NSEC3 such as V(1 0 0 -); empty for NSEC.
    type: str
  nsec3narrow:
    description: Whether NSEC3 answers are narrow.
    type: bool
  master_tsig_key_ids:
    description: TSIG keys of which a client needs one to transfer the zone from here.
    type: list
    elements: str
    aliases: [primary_tsig_key_ids]
  slave_tsig_key_ids:
    description: TSIG keys with which this server transfers the zone from its masters.
    type: list
    elements: str
    aliases: [secondary_tsig_key_ids]
  metadata:
    description: >-
      Other metadata by kind, such as C(ALSO-NOTIFY), each a list of values. An empty list removes a kind; those that
      are not given stay.
    type: dict
  soa:
    description: Fields of the SOA record. Those that are not given stay as they are. The serial is not among them.
    type: dict
    suboptions:
      mname:
        description: The primary name server.
        type: str
      rname:
        description: Mailbox of who is responsible, as C(hostmaster@example.org) or as a name.
        type: str
      refresh:
        description: Seconds, or a form such as V(3h).
        type: str
      retry:
        description: Seconds, or a form such as V(1h).
        type: str
      expire:
        description: Seconds, or a form such as V(1w).
        type: str
      minimum:
        description: Seconds that a name's absence may be remembered, or a form such as V(1h).
        type: str
      ttl:
        description: Seconds that the record itself may be remembered.
        type: int
  nameservers:
    description: Hosts of the NS records at the top of the zone.
    type: list
    elements: str
  default_ttl:
    description: TTL of sets that give none.
    type: int
    default: 3600
  rrsets:
    description: >-
      Sets of records. For up to some thousands: Ansible itself needs over a minute to template 100,000 of them. Larger
      zones go through O(rrsets_file) or O(zone_text).
    type: list
    elements: dict
    suboptions:
      name:
        description: Owner, relative to the zone or absolute; V(@) is the zone itself.
        type: str
        default: "@"
      type:
        description: Type of the records.
        type: str
        required: true
      ttl:
        description: Seconds, or a form such as V(1h).
        type: str
      records:
        description: >-
          Data of each record, or a dictionary of C(content) and C(disabled). Names without a final dot are relative to
          the zone, as in a zone file. The text of a TXT record needs no quotes; with quotes it is read as in a zone
          file.
        type: list
        elements: raw
        required: true
      comments:
        description: Comments to the set. Those that are there stay if not given.
        type: list
        elements: dict
        suboptions:
          content:
            description: The comment.
            type: str
            required: true
          account:
            description: Whose it is.
            type: str
            default: ""
  rrsets_file:
    description: >-
      File on the host on which the module runs, with the sets as JSON, in the form of O(rrsets) or in that of the API
      itself.
    type: path
  zone_text:
    description: >-
      The records as a zone file (RFC 1035). C($INCLUDE) and C($GENERATE) are refused. Its serial counts only for a new
      zone. What is not a line of the form C(name ttl IN type data) without quotes is read by dnspython, which has to be
      installed where the module runs.
    type: str
  mode:
    description: >-
      V(merge) leaves sets alone that are not given, because others write to the same zone, such as Gardener. V(exact)
      removes them, but neither the SOA nor the NS records of the zone itself.
    type: str
    choices: [merge, exact]
    default: merge
  ignore:
    description: Sets that are never touched.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name relative to the zone; may hold V(*), which stands for any number of labels too.
        type: str
        required: true
      types:
        description: Types; all if not given.
        type: list
        elements: str
        default: []
  max_delete:
    description: >-
      How many sets may be removed at once, as a number or a share such as V(10%). By default a quarter, three in any
      case, but never all.
    type: str
  notify:
    description: Whether secondaries are told of a change at once.
    type: bool
    default: true
  wait_for:
    description: Addresses of name servers to wait for until they serve what was written. Needs dnspython.
    type: list
    elements: str
    default: []
  wait_timeout:
    description: Seconds to wait for them.
    type: float
    default: 60
"""

EXAMPLES = r"""
- name: The site's own zone
  metalstack.autonomous.pdns_zone:
    api_key_file: /etc/powerdns/api.key
    zone: site-a.example.org
    kind: primary
    nameservers: [ns1, ns2]
    soa: {rname: noc@example.org}
    rrsets:
      - {name: ns1, type: A, records: [192.0.2.11]}
      - {name: ns2, type: A, records: [192.0.2.12]}
      - {name: api, type: A, ttl: 1m, records: [192.0.2.100]}
    wait_for: [192.0.2.12]

- name: A large zone that holds what a file says and nothing else, but for challenges of ACME
  metalstack.autonomous.pdns_zone:
    api_key_file: /etc/powerdns/api.key
    zone: example.org
    mode: exact
    rrsets_file: /srv/zones/example.org.json
    ignore:
      - {name: "_acme-challenge*", types: [TXT]}
    max_delete: 5%
"""

RETURN = r"""
created:
  description: Whether the zone was not there before.
  type: bool
  returned: success and O(state=present)
records:
  description: How many sets were, or would be, C(added), C(changed) and C(removed).
  type: dict
  returned: success
settings:
  description: Settings that were, or would be, changed, with their new values.
  type: dict
  returned: success and O(state=present)
metadata:
  description: Kinds of metadata that were, or would be, changed, with their new values.
  type: dict
  returned: success and O(state=present)
serial:
  description: Serial of the zone; that before the change in check mode.
  type: int
  returned: success and O(state=present)
"""

import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import inputs, module, names, report, serving
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.zone import Zone

OPTIONS = {
    "zone": {"type": "str", "required": True, "aliases": ["name"]},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "kind": {
        "type": "str",
        "choices": ["native", "primary", "secondary", "producer", "consumer", "master", "slave"],
    },
    "masters": {"type": "list", "elements": "str", "aliases": ["primaries"]},
    "account": {"type": "str"},
    "catalog": {"type": "str"},
    "soa_edit_api": {"type": "str"},
    "soa_edit": {"type": "str"},
    "api_rectify": {"type": "bool"},
    "dnssec": {"type": "bool"},
    "nsec3param": {"type": "str"},
    "nsec3narrow": {"type": "bool"},
    "master_tsig_key_ids": {
        "type": "list",
        "elements": "str",
        "aliases": ["primary_tsig_key_ids"],
        "no_log": False,
    },
    "slave_tsig_key_ids": {
        "type": "list",
        "elements": "str",
        "aliases": ["secondary_tsig_key_ids"],
        "no_log": False,
    },
    "metadata": {"type": "dict"},
    "soa": {
        "type": "dict",
        "options": {
            **{name: {"type": "str"} for name in ("mname", "rname", "refresh", "retry", "expire", "minimum")},
            "ttl": {"type": "int"},
        },
    },
    "nameservers": {"type": "list", "elements": "str"},
    "default_ttl": {"type": "int", "default": 3600},
    "rrsets": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "default": "@"},
            "type": {"type": "str", "required": True},
            "ttl": {"type": "str"},
            "records": {"type": "list", "elements": "raw", "required": True},
            "comments": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "content": {"type": "str", "required": True},
                    "account": {"type": "str", "default": ""},
                },
            },
        },
    },
    "rrsets_file": {"type": "path"},
    "zone_text": {"type": "str"},
    "mode": {"type": "str", "choices": ["merge", "exact"], "default": "merge"},
    "ignore": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "types": {"type": "list", "elements": "str", "default": []},
        },
    },
    "max_delete": {"type": "str"},
    "notify": {"type": "bool", "default": True},
    "wait_for": {"type": "list", "elements": "str", "default": []},
    "wait_timeout": {"type": "float", "default": 60},
}


def present(ansible, zone, wanted) -> dict[str, t.Any]:
    serving.check(ansible.params["wait_for"])
    found = zone.read(records=wanted.reads_records)
    outcome = zone.decide(wanted, found)
    after = found
    if outcome.changed and not ansible.check_mode:
        after = zone.write(outcome, found, ansible.params["notify"])
    if ansible.params["wait_for"] and not ansible.check_mode:
        serving.wait(
            ansible.params["wait_for"],
            zone.name,
            after.served_serial,
            ansible.params["wait_timeout"],
            remind=lambda: zone.announce(outcome, after) if ansible.params["notify"] else None,
        )
    return report.present(outcome, found, after.serial if after else 0)


def absent(ansible, zone) -> dict[str, t.Any]:
    found = zone.read(records=True)
    if found and not ansible.check_mode:
        zone.remove()
    return report.absent(found)


def act(ansible, client) -> dict[str, t.Any]:
    zone = Zone(client, names.zone_name(ansible.params["zone"]))
    if ansible.params["state"] == "absent":
        return absent(ansible, zone)
    return present(ansible, zone, inputs.wanted(ansible.params, zone.name))


def main() -> None:
    module.run(module.make(OPTIONS, mutually_exclusive=[("rrsets", "rrsets_file", "zone_text")]), act)


if __name__ == "__main__":
    main()
