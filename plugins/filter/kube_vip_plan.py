# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: kube_vip_plan
short_description: What kube-vip does on a host
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Composes the environments of kube-vip's units and the addresses that each may hold.
  - Serves the role P(metalstack.autonomous.kube_vip#role).
options:
  _input:
    description: The settings of the role.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Compose
  ansible.builtin.debug:
    msg: "{{ settings | metalstack.autonomous.kube_vip_plan }}"
"""

RETURN = r"""
_value:
  description:
    - C(control) and C(services) are the texts of the environment files of both units, empty for a unit not wanted.
    - C(peers) is the text of the one with BGP passwords, C(claims) the addresses and leases of the units.
  type: dict
"""

from ansible.errors import AnsibleFilterError
from ansible_collections.metalstack.autonomous.plugins.module_utils._net.kube_vip import (
    Settings,
    environment_file,
    plan,
)


def kube_vip_plan(settings: Settings) -> dict:
    try:
        result = plan(settings)
    except ValueError as error:
        raise AnsibleFilterError(f"kube_vip: {error}") from error
    return {
        "control": environment_file(result["control"]),
        "services": environment_file(result["services"]),
        "peers": result["peers"],
        "claims": result["claims"],
    }


class FilterModule:
    def filters(self) -> dict:
        return {"kube_vip_plan": kube_vip_plan}
