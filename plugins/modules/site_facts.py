# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: site_facts
short_description: Read what only a host can tell about its fitness for a site
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - One read-only call per host, whose facts M(metalstack.autonomous.validate_site) judges.
  - The clock is compared on the controller, with the moments before and after the call.
options:
  token:
    description: The token that the site wants its servers to have; only whether it is the host's one is returned.
    type: str
    default: ''
  agent_token:
    description: The same for the agents' token.
    type: str
    default: ''
  backup_password:
    description: The same for the password of the backups.
    type: str
    default: ''
  peers:
    description: Addresses of the hosts whose round trip is measured, by name, at the port where members of etcd talk.
    type: dict
    default: {}
  names:
    description: Names whose addresses are returned, as the host resolves them; none for one that it does not know.
    type: list
    elements: str
    default: []
  ports:
    description: Ports whose listeners are returned besides those of DNS and NTP.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Can run in check mode and return the same.
    support: full
  diff_mode:
    description: Returns what has changed; this module changes nothing.
    support: N/A
  idempotent:
    description: The second run changes nothing; neither does the first.
    support: full
"""

EXAMPLES = r"""
- name: Look at the host
  metalstack.autonomous.site_facts:
    token: "{{ site_k3s_token }}"
  no_log: true
  register: host
"""

RETURN = r"""
facts:
  description:
    - Name, machine-id, distribution, architecture, cgroup version, interfaces with their addresses, default route,
      free space, memory, the least and the most seconds by which its clock may be ahead of the controller's, what k3s
      is installed with which immutable settings, who listens on the ports of DNS and NTP and on O(ports), whether the
      host's own PowerDNS is a primary or a secondary, whether the host is C(monitored), whether it C(serves_page), the
      one that shows the site, whether it C(serves_images), whether it C(issues_certificates) or
      C(asks_for_certificates) by ACME, whether it C(runs_jobs) of GitLab, whether it is C(offline), which C(release) of
      Debian it has, whether it is backed up, and whether with the password that was given, the milliseconds to each of
      O(peers), or that there was no answer, and what O(names) are C(resolved) to.
    - C(programs) has the versions of each program that M(metalstack.autonomous.versioned_binary) keeps, the one that
      is linked and those that run.
  returned: success
  type: dict
  sample:
    hostname: server1
    cgroup: 2
    interfaces:
      eth0: [198.51.100.11/24]
    listeners:
      - {protocol: udp, address: 127.0.0.53, port: "53", program: systemd-resolve}
    dns_role: primary
    programs:
      kube-vip: [v1.2.2]
    clock_offset: [-0.1, 0.3]
    round_trips: {server2: 0.4}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import probe


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "token": {"type": "str", "default": "", "no_log": True},
            "agent_token": {"type": "str", "default": "", "no_log": True},
            "backup_password": {"type": "str", "default": "", "no_log": True},
            "peers": {"type": "dict", "default": {}},
            "names": {"type": "list", "elements": "str", "default": []},
            "ports": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    given = module.params
    secrets = (given["token"], given["agent_token"], given["backup_password"])
    module.exit_json(changed=False, facts=probe.collect(*secrets, given["peers"], given["names"], given["ports"]))


if __name__ == "__main__":
    main()
