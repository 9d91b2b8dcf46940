#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: firewall_table
short_description: The default-deny firewall of a host as one nftables table
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Renders the table C(inet metalstack_autonomous), checks it with C(nft -c) and loads it in one transaction.
  - Touches no other table, so that the rules of kube-proxy and of container runtimes stay as they are.
  - A loaded table stays only when it is confirmed over a new connection; otherwise the host goes back to the last
    confirmed one by itself.
  - Loads it again when somebody starts, reloads or stops Debian's C(nftables.service), which flushes all tables.
  - Repairs a table that was changed or removed by hand.
options:
  state:
    description:
      - V(present) loads the table when it differs, to be confirmed.
      - V(confirmed) keeps the table that was loaded, now and at boot.
      - V(absent) removes the table, its files and the service.
    type: str
    choices: [present, confirmed, absent]
    default: present
  path:
    description: File of the confirmed table, loaded at boot.
    type: path
    default: /etc/metalstack-autonomous/firewall.nft
  unit:
    description:
      - Text of the service C(metalstack-firewall.service), which loads O(path) at boot. With O(state=confirmed) it is
        written, enabled and started; without a text it is left alone.
    type: str
    default: ""
  rules:
    description: What the host serves.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What it is; becomes the comment of the rule.
        type: str
        required: true
      protocol:
        description: Protocol.
        type: str
        choices: [tcp, udp]
        default: tcp
      ports:
        description: Ports and ranges of ports.
        type: list
        elements: str
        required: true
      sources:
        description: Networks that may use it; empty means everyone.
        type: list
        elements: str
        default: []
  ssh_ports:
    description: Ports of SSH, open always.
    type: list
    elements: int
    default: [22]
  ssh_sources:
    description: Networks that may use SSH; empty means everyone.
    type: list
    elements: str
    default: []
  trusted_interfaces:
    description: Interfaces from which everything is accepted, such as the bridge of the pods. May end in V(*).
    type: list
    elements: str
    default: []
  trusted_networks:
    description: Networks from which everything is accepted and which are shielded from outside, such as those of pods.
    type: list
    elements: str
    default: []
  forward_sources:
    description: Networks that may reach the trusted networks through this host, such as the other nodes.
    type: list
    elements: str
    default: []
  published_networks:
    description: Addresses behind which services in the trusted networks are open to everyone, such as load balancers.
    type: list
    elements: str
    default: []
  rollback_after:
    description: Seconds after which an unconfirmed table is taken back.
    type: int
    default: 60
attributes:
  check_mode:
    description: Runs in check mode and tells what it would change.
    support: full
  diff_mode:
    description: Shows the changed table when run with C(--diff).
    support: full
  idempotent:
    description: Run twice with the same input, it changes nothing the second time.
    support: full
"""

EXAMPLES = r"""
- name: Load the table
  metalstack.autonomous.firewall_table:
    rules:
      - name: dns
        protocol: udp
        ports: ["53"]
  register: table

- name: Connect anew through it
  ansible.builtin.wait_for_connection:
    timeout: 20
  when: table is changed

- name: Keep it, now and at every boot
  metalstack.autonomous.firewall_table:
    state: confirmed
    unit: "{{ lookup('ansible.builtin.template', 'metalstack-firewall.service.j2') }}"
"""

RETURN = r"""
reason:
  description: Why the table was loaded.
  type: str
  returned: when changed
"""

import typing as t
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._net.nftables import FirewallTable
from ansible_collections.metalstack.autonomous.plugins.module_utils._systemd.manager import File, SystemdUnits

UNIT = "metalstack-firewall.service"
# Debian's service flushes all tables when it is started, reloaded or stopped by hand, ours with them.
DROP_IN = "/etc/systemd/system/nftables.service.d/metalstack-firewall.conf"
DROP_IN_TEXT = """\
[Service]
ExecStartPost=-/usr/sbin/nft -f {path}
ExecReload=-/usr/sbin/nft -f {path}
ExecStopPost=-/usr/sbin/nft -f {path}
"""

RULE = {
    "name": {"type": "str", "required": True},
    "protocol": {"type": "str", "choices": ["tcp", "udp"], "default": "tcp"},
    "ports": {"type": "list", "elements": "str", "required": True},
    "sources": {"type": "list", "elements": "str", "default": []},
}
TABLE = {
    "rules": {"type": "list", "elements": "dict", "options": RULE, "default": []},
    "ssh_ports": {"type": "list", "elements": "int", "default": [22]},
    "ssh_sources": {"type": "list", "elements": "str", "default": []},
    "trusted_interfaces": {"type": "list", "elements": "str", "default": []},
    "trusted_networks": {"type": "list", "elements": "str", "default": []},
    "forward_sources": {"type": "list", "elements": "str", "default": []},
    "published_networks": {"type": "list", "elements": "str", "default": []},
}


def with_service(module: AnsibleModule, table: dict[str, t.Any], unit: dict[str, t.Any]) -> dict[str, t.Any]:
    """Bring the service to what goes with the table; the result of both."""
    text = DROP_IN_TEXT.format(path=module.params["path"]) if unit.get("content") else None
    units = SystemdUnits(module, Path("/etc/systemd/system"), {UNIT: unit}, {DROP_IN: File(text, 0o644)})
    service = units.converge(restart_stale=False)
    return {
        **table,
        "changed": table["changed"] or service["changed"],
        "diff": [*table.get("diff", []), *service["diff"]],
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "confirmed", "absent"], "default": "present"},
            "path": {"type": "path", "default": "/etc/metalstack-autonomous/firewall.nft"},
            "unit": {"type": "str", "default": ""},
            "rollback_after": {"type": "int", "default": 60},
            **TABLE,
        },
        supports_check_mode=True,
    )
    table = FirewallTable(module, Path(module.params["path"]))
    if module.params["state"] == "present":
        wanted = {name: module.params[name] for name in TABLE}
        module.exit_json(**table.load(wanted, module.params["rollback_after"]))
    if module.params["state"] == "absent":
        # The service first: it would load the table again.
        service = with_service(module, {"changed": False}, {"state": "absent"})
        removed = table.remove()
        module.exit_json(changed=removed["changed"] or service["changed"], diff=[removed["diff"], *service["diff"]])
    confirmed = table.confirm()
    if module.params["unit"]:
        confirmed = with_service(module, confirmed, {"content": module.params["unit"]})
    module.exit_json(**confirmed)


if __name__ == "__main__":
    main()
