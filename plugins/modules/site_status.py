# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: site_status
short_description: Show the state of a site and judge whether it may be worked on
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Prints a table of hosts, versions, voters, leader, holder of the VIP and certificates, one of DNS servers, one of
    time servers, the alerts that fire, the verdict of the gate that restarts wait for, and the verdict on names, time,
    backups and alerts.
  - Fails when one of both is red, unless O(fail) says otherwise.
  - This is an action plugin; it runs on the controller, on what M(metalstack.autonomous.k3s_info),
    M(metalstack.autonomous.pdns_info) and M(metalstack.autonomous.chrony_info) found.
options:
  found:
    description: What C(k3s_info) found on each host, by its name. A host that is missing did not answer.
    type: dict
    required: true
  dns:
    description: What C(pdns_info) returned on each DNS server that answered, by its name, with C(server) and C(zones).
    type: dict
    default: {}
  time:
    description: >-
      What C(chrony_info) returned on each time server that answered, by its name, with C(tracking) and C(sources).
    type: dict
    default: {}
  backups:
    description:
      - What C(backup_info) returned on each host that answered, by its name.
    type: dict
    default: {}
  monitoring:
    description: What C(monitoring_info) returned on each monitoring server that answered, by its name.
    type: dict
    default: {}
  grafana:
    description: >-
      What C(k3s_objects_info) returned of Grafana's Deployment on each server that answered, by its name.
    type: dict
    default: {}
  format:
    description: How to print it.
    type: str
    choices: [table, json]
    default: table
  path:
    description: A file on the controller that the JSON form is written to as well.
    type: path
  page:
    description: >-
      A file on the controller that a page of HTML is written to, which shows the same and needs no script and no other
      file.
    type: path
  publish:
    description: Whether the page is returned as well, for those who serve it.
    type: bool
    default: false
  fail:
    description: Whether a red verdict is a failure.
    type: bool
    default: true
attributes:
  check_mode:
    description: Can run in check mode; then it writes no files.
    support: full
  diff_mode:
    description: Returns what has changed; this action changes no host.
    support: N/A
  idempotent:
    description: The second run changes nothing; neither does the first.
    support: full
"""

EXAMPLES = r"""
- name: Show the state of the site
  metalstack.autonomous.site_status:
    found: "{{ hostvars | metalstack.autonomous.host_facts('found', 'k3s') }}"
"""

RETURN = r"""
summary:
  description: The verdict and how many conditions do not hold, in a sentence.
  returned: always
  type: str
html:
  description: The page, also in check mode.
  returned: with O(publish)
  type: str
verdict:
  description: >-
    V(green), or V(red) when the gate or the services beside the cluster are; V(yellow) when all holds, and something
    was switched off or an alert warns. What does not hold is printed and written to O(path).
  returned: always
  type: str
  sample: green
"""
