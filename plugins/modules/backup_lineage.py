# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: backup_lineage
short_description: Say whose data a host has
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - A B(lineage) is the identity of data that survives a restore; of a Kubernetes cluster it is the UID of its namespace
    kube-system. A B(generation) is counted up with each restore of it.
  - The host remembers both, and so does the object storage. Data of a lower generation than the object storage knows do
    not start any more, and nothing is backed up into an object storage that does not know the lineage.
  - A lineage that nobody has heard of begins here, with a repository of its own.
options:
  lineage:
    description: The lineage.
    type: str
    required: true
  restored_from:
    description: A set that the lineage is being restored from. Begins a new generation, each time it is called.
    type: str
    default: ""
  generation:
    description: The generation that a restore has begun, for a host that has no data of its own which it replaces.
    type: int
  claim:
    description:
      - Begins a new generation for data that were not restored from a set but outlived others, by a name that nobody
        else will use. It is begun at once for this host and, when the object storage gives no answer, there as soon as
        a backup is made.
      - With O(generation) the host takes part in a claim that another host has made.
    type: str
    default: ""
attributes:
  check_mode:
    description: Runs in check mode, without asking the object storage.
    support: full
  diff_mode:
    description: There is nothing to show but that something was done.
    support: none
  idempotent:
    description: Without O(restored_from) and O(claim) the second run changes nothing.
    support: full
requirements:
  - The role P(metalstack.autonomous.backup#role) has prepared the host.
  - boto3 and restic on the host
"""

EXAMPLES = r"""
- name: Tell a host whose data it has
  metalstack.autonomous.backup_lineage:
    lineage: "{{ cluster.k3s.api.lineage }}"
"""

RETURN = r"""
generation:
  description: The generation of the lineage; 0 in check mode, when it is not known yet.
  type: int
  returned: success
claim:
  description: The name that the claim was made by, an earlier one's if that is still open.
  type: str
  returned: with O(claim), without O(generation)
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup import disk, settings
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.errors import BackupError, Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.gate import Record
from ansible_collections.metalstack.autonomous.plugins.module_utils._backup.site import Site


def claimed(module, site, claim):
    record, claim = site.claim(claim)
    try:
        site.settle()
    except BackupError as error:
        # The cluster comes first; no backup is made before this is settled.
        module.warn(
            f"{error}: until a backup is made, an old server that returns and reaches none of these is not kept from"
            " starting"
        )
    return {"changed": True, "generation": record.generation, "claim": claim}


def converge(module, site, lineage, restored_from, generation, claim):
    known = disk.read_record(site.settings.state)
    if module.check_mode:
        changed = bool(restored_from or claim or known is None)
        return {"changed": changed, "generation": known.generation if known else 0, "claim": claim}
    if generation:
        wanted = Record(lineage, generation)
        if known != wanted:
            disk.write_record(site.settings.state, wanted, claim)
        return {"changed": known != wanted, "generation": generation}
    if claim:
        return claimed(module, site, claim)
    if restored_from:
        return {"changed": True, "generation": site.begin_restored(lineage, restored_from)}
    try:
        changed = site.belong(lineage)
    except Unreachable as error:
        if known is None or known.lineage != lineage:
            raise
        # An outage of the object storage is none of the site.
        module.warn(f"{error}: nothing is backed up meanwhile")
        changed = False
    return {"changed": changed, "generation": disk.read_record(site.settings.state).generation}


def main():
    module = AnsibleModule(
        argument_spec={
            "lineage": {"type": "str", "required": True},
            "restored_from": {"type": "str", "default": ""},
            "generation": {"type": "int"},
            "claim": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    try:
        site = Site(settings.load())
        wanted = (module.params[name] for name in ("lineage", "restored_from", "generation", "claim"))
        module.exit_json(**converge(module, site, *wanted))
    except BackupError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
