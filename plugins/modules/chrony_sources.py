#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: chrony_sources
short_description: Give chronyd its sources and wait until it has the time from them
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Writes the sources to a file below a C(sourcedir) of chronyd and has it read them without a restart, so that the
    clock and what chronyd has learned of it are left alone.
  - Waits until the host has the time, no source lies and the clock is not too far off; fails with what is wrong.
    Warns of a source that does not answer, or not often enough to be judged, and of sources that answer and are not
    followed.
  - Has sources asked at once for keys that they have refused before. Left alone, chronyd waits 17 minutes after the
    first refusal, and twice as long after each further one.
options:
  path:
    description: File to write; its name has to end in C(.sources).
    type: path
    required: true
  sources:
    description: Sources in the order in which they are written.
    type: list
    elements: dict
    default: []
    suboptions:
      address:
        description: Address or name.
        type: str
        required: true
      type:
        description: A V(pool) is a name with several addresses, a V(peer) is asked and answered at once.
        type: str
        choices: [server, pool, peer]
        default: server
      options:
        description: Options of chrony.conf(5), such as V(iburst), V(nts), V(prefer).
        type: list
        elements: str
        default: [iburst]
  mesh:
    description: Addresses of servers with which the host keeps one time. They are asked at least every minute, to
      notice soon that one is gone.
    type: list
    elements: str
    default: []
  mesh_nts:
    description: Whether these servers have to prove by NTS who they are.
    type: bool
    default: false
  max_offset:
    description: Seconds that the clock may be off.
    type: float
    default: 0.1
  timeout:
    description: Seconds to wait for the time.
    type: float
    default: 60
  socket:
    description: Command socket of chronyd, if it is not the default one.
    type: path
attributes:
  check_mode:
    description: Runs in check mode and tells what it would change; does not wait then.
    support: full
  diff_mode:
    description: Shows the changed file when run with C(--diff).
    support: full
  idempotent:
    description: Run twice with the same input, it changes nothing the second time.
    support: full
"""

EXAMPLES = r"""
- name: Ask three servers
  metalstack.autonomous.chrony_sources:
    path: /etc/chrony/sources.d/site.sources
    sources:
      - address: 192.0.2.11
      - address: 192.0.2.12
      - address: time.example.org
        options: [iburst, nts]
"""

RETURN = r"""
tracking:
  description: >-
    C(source), C(stratum), C(offset) in seconds, C(leap), C(synchronised), and C(orphan), which is true when the
    host's own clock is the reference.
  type: dict
  returned: success, not in check mode
sources:
  description: Each with C(name), C(mode), C(state), C(stratum), C(reach) (answers to the last eight questions),
    C(offset), C(authentication) (V(NTS), V(SK), or none) and C(cookies), which are questions that NTS allows.
  type: list
  elements: dict
  returned: success, not in check mode
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._time import daemon

SOURCE = {
    "address": {"type": "str", "required": True},
    "type": {"type": "str", "choices": ["server", "pool", "peer"], "default": "server"},
    "options": {"type": "list", "elements": "str", "default": ["iburst"]},
}
MESH_OPTIONS = ["iburst", "maxpoll", "6"]


def line(source):
    return " ".join([source["type"], source["address"], *source["options"]])


def converge(module):
    options = [*MESH_OPTIONS, "nts"] if module.params["mesh_nts"] else MESH_OPTIONS
    mesh = [{"type": "server", "address": one, "options": options} for one in module.params["mesh"]]
    wanted = module.params["sources"] + mesh
    file = daemon.Sources(Path(module.params["path"]), {source["address"]: line(source) for source in wanted})
    before, after = file.difference()
    result = {"changed": before != after, "diff": {"before": before, "after": after}}
    if module.check_mode:
        return result
    timeout = module.params["timeout"]
    chronyd = daemon.Daemon(module.run_command, module.params["socket"])
    chronyd.give(file, timeout)
    single = [source for source in wanted if source["type"] != "pool"]
    outside = [source["address"] for source in single if source not in mesh and "noselect" not in source["options"]]
    names = [source["address"] for source in single]
    facts, problems, doubts = chronyd.settle(names, outside, module.params["max_offset"], timeout)
    if problems:
        module.fail_json(msg=f"no good time within {timeout:g} s: {'; '.join(problems + doubts)}", **facts)
    for one in doubts:
        module.warn(one)
    return {**result, **facts}


def main():
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "sources": {"type": "list", "elements": "dict", "default": [], "options": SOURCE},
            "mesh": {"type": "list", "elements": "str", "default": []},
            "mesh_nts": {"type": "bool", "default": False},
            "max_offset": {"type": "float", "default": 0.1},
            "timeout": {"type": "float", "default": 60},
            "socket": {"type": "path"},
        },
        supports_check_mode=True,
    )
    if not module.params["path"].endswith(".sources"):
        module.fail_json(msg=f"path {module.params['path']}: chronyd reads names that end in .sources alone")
    try:
        module.exit_json(**converge(module))
    except (daemon.ChronyError, ValueError, OSError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
