#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vip_probe
short_description: Tell who answers for a virtual IP
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Asks the network by ARP who holds a virtual IP and the addresses of a service range, tells the nodes of the cluster
    from strangers, and checks that the addresses are ones that the network allows.
  - Changes nothing; the probes teach no neighbour cache anything.
  - IPv6 addresses are checked for their place in the subnet only.
options:
  address:
    description: The virtual IP; empty for none.
    type: str
    default: ''
  services_range:
    description: Range of service addresses, as C(first-last) or as a network; empty for none.
    type: str
    default: ''
  others:
    description: More addresses that nobody but the nodes may hold.
    type: list
    elements: str
    default: []
  interface:
    description: Interface of the addresses.
    type: str
    required: true
  subnet:
    description: Network of the hosts.
    type: str
    required: true
  node_addresses:
    description: Addresses of all nodes that may hold the virtual IP.
    type: list
    elements: str
    required: true
  port:
    description: TCP port that is tried on the virtual IP; 0 tries none.
    type: int
    default: 0
  unit:
    description: Unit of systemd that holds the virtual IP on this host when it is its turn; empty for none.
    type: str
    default: ''
  timeout:
    description: Seconds to wait for answers.
    type: float
    default: 0.5
attributes:
  check_mode:
    description: Runs in check mode and tells what it would change.
    support: full
  diff_mode:
    description: Shows what it changes when run with C(--diff).
    support: N/A
"""

EXAMPLES = r"""
- name: Ask who holds the virtual IP
  metalstack.autonomous.vip_probe:
    address: 198.51.100.10
    interface: host0
    subnet: 198.51.100.0/24
    node_addresses: [198.51.100.11, 198.51.100.12, 198.51.100.13]
"""

RETURN = r"""
problems:
  description: What speaks against the addresses; empty when they may be used.
  type: list
  elements: str
  returned: success
holders:
  description: Addresses of the nodes that hold the virtual IP.
  type: list
  elements: str
  returned: success
held:
  description: Probed addresses that this host holds.
  type: list
  elements: str
  returned: success
strangers:
  description: MAC addresses of strangers by the address that they answer for.
  type: dict
  returned: success
serving:
  description: Whether the port of the virtual IP takes connections; false when none was tried.
  type: bool
  returned: success
active_seconds:
  description: For how long O(unit) runs without having ended; 0 when it does not run.
  type: float
  returned: with O(unit)
"""

import http.client
import ipaddress
import itertools
import json
import select
import socket
import ssl
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._net import addresses, arp

# A larger range is a mistake in itself, or another network's matter.
MOST_PROBED = 256


def ask(interface: str, own_mac: str, targets: list[str], timeout: float) -> set[arp.Answer]:
    """Send probes for all targets, twice, and gather the answers."""
    answers = set()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(arp.ETHERTYPE)) as link:
        link.bind((interface, arp.ETHERTYPE))
        for _attempt in range(2):
            for target in targets:
                link.send(arp.request(own_mac, target))
            end = time.monotonic() + timeout / 2
            while (left := end - time.monotonic()) > 0:
                if select.select([link], [], [], left)[0]:
                    answers.add(arp.answer(link.recv(128)))
    return {answer for answer in answers if answer is not None}


def serves(address: str, port: int) -> bool:
    """Whether an HTTPS server answers there, with whatever status: one that hangs still takes connections."""
    unverified = ssl._create_unverified_context()  # the certificate is not what is asked about
    connection = http.client.HTTPSConnection(address, port, timeout=2, context=unverified)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status > 0
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def interface_of(module: AnsibleModule, name: str) -> dict[str, t.Any]:
    code, output, errors = module.run_command(["ip", "-json", "address", "show", "dev", name])
    if code:
        module.fail_json(msg=f"interface {name!r} is not there: {errors.strip()}; set the interface of the virtual IP")
    return json.loads(output)[0]


def active_seconds(shown: str, now: float) -> float:
    """shown: what C(systemctl show) says of the unit; now: seconds since the host has started."""
    told = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    if told.get("ActiveState") != "active":
        return 0.0
    return max(0.0, now - int(told["ActiveEnterTimestampMonotonic"]) / 1e6)


def of_unit(module: AnsibleModule) -> dict[str, float]:
    unit = module.params["unit"]
    if not unit:
        return {}
    properties = "--property=ActiveState,ActiveEnterTimestampMonotonic"
    _code, shown, _errors = module.run_command(["systemctl", "show", properties, unit])
    return {"active_seconds": round(active_seconds(shown, time.clock_gettime(time.CLOCK_MONOTONIC)), 1)}


def probe(module: AnsibleModule) -> dict[str, t.Any]:
    params: dict[str, t.Any] = module.params
    vip, nodes = params["address"], params["node_addresses"]
    problems = addresses.vip_problems(vip, params["subnet"], nodes, params["services_range"])
    if problems:
        return {"problems": problems, "holders": [], "held": [], "strangers": {}, "serving": False}
    targets = [*([vip] if vip else []), *params["others"]]
    if params["services_range"]:
        pool = addresses.parse_range(params["services_range"])
        numbers = range(int(pool.first), int(pool.last) + 1)
        targets += [str(type(pool.first)(number)) for number in itertools.islice(numbers, MOST_PROBED)]
    device = interface_of(module, params["interface"])
    own = {found["local"] for found in device["addr_info"]}
    peers = [node for node in nodes if node not in own]
    asked = [target for target in [*targets, *peers] if ipaddress.ip_address(target).version == 4]
    answers = ask(params["interface"], device["address"], asked, params["timeout"])
    found = {target: arp.holders(target, answers, peers) for target in targets}
    strangers = {target: held.strangers for target, held in found.items() if held.strangers}
    holders = list(found[vip].peers) if vip else []
    if vip in own:
        holders += [node for node in nodes if node in own]
    return {
        "problems": [
            f"{target} is answered for by a stranger with MAC {', '.join(macs)}; choose another address or free it"
            for target, macs in strangers.items()
        ],
        "holders": sorted(holders),
        "held": [target for target in targets if target in own],
        "strangers": strangers,
        # An address that nobody holds would only cost the time-out.
        "serving": bool(holders and params["port"]) and serves(vip, params["port"]),
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "address": {"type": "str", "default": ""},
            "services_range": {"type": "str", "default": ""},
            "others": {"type": "list", "elements": "str", "default": []},
            "interface": {"type": "str", "required": True},
            "subnet": {"type": "str", "required": True},
            "node_addresses": {"type": "list", "elements": "str", "required": True},
            "port": {"type": "int", "default": 0},
            "unit": {"type": "str", "default": ""},
            "timeout": {"type": "float", "default": 0.5},
        },
        supports_check_mode=True,
    )
    module.exit_json(changed=False, **probe(module), **of_unit(module))


if __name__ == "__main__":
    main()
