# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: metal_database_restore
short_description: Mark that a database of metal-stack begins, without data or by a restore that is to be confirmed
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - The backup-restore-sidecar restores into the data directory itself. When it is killed meanwhile, what is there is
    taken for the whole at its next start, and is backed up over the last good backup.
  - So a restore is marked before the database is deployed, and the mark is removed once
    M(metalstack.autonomous.metal_database_sentinels) has found all that was there before.
    M(metalstack.autonomous.metal_database_info) tells of it as C(restoring), and
    M(metalstack.autonomous.metal_database_gate) refuses whatever is meant to happen with such a database.
  - The mark is the ConfigMap C(metal-database-restore-NAME) beside the database. It outlives its pod and its volume,
    and can be there before either is.
  - One that begins without data is marked as well, in the ConfigMap C(metal-database-began-NAME), so that the same may
    be said of it again when it has data. That mark stays until another takes its place.
  - What a restore that nobody has confirmed has left is a part of a backup or a copy of it, so that it can be cleared
    away and the same backup be restored anew.
  - The account of the kubeconfig needs to get, create, update and delete C(configmaps) in O(namespace), and to get the
    namespace C(kube-system), by which clusters are told from one another. With O(state=cleared) it needs to get and
    delete C(statefulsets), C(pods) and C(persistentvolumeclaims) as well, to get and create C(pods/exec), for
    RethinkDB also C(pods/portforward), and where a claim is kept to create C(pods) and to get C(pods/log).
extends_documentation_fragment: [metalstack.autonomous.metal_cluster]
options:
  name:
    description: The database's name in metal-roles, such as V(metal-db) or V(ipam-db).
    type: str
    required: true
  state:
    description:
      - V(fresh), it is going to be deployed without data and without a backup, as
        M(metalstack.autonomous.metal_database_gate) has found. The mark of a restore that was begun is removed where
        there is no claim, since with the volume that is over.
      - V(begun), it is going to be deployed so that its sidecar restores it.
      - V(cleared), what there is of it is deleted before it is deployed, its StatefulSet, its pod, and the claim of its
        data with all that is in the volume, unless that claim was there before the restore. It is refused unless a
        restore of O(version) was begun in this cluster and not confirmed, and, without O(discard), where the database
        answers or may have answered since. The mark stays. Into the volume of a claim that is kept a pod looks once
        that of the database has ended, and fails where its data directory is not empty, since a part of a backup would
        be taken for the whole. Where it finds nothing at all in the volume, that is marked as with O(empty). One that
        was empty goes, too, once the restore was begun again.
      - V(confirmed), it holds what it should. The mark is removed. With O(prefix) it is marked in
        C(metal-database-began-NAME) that these data were restored in this cluster, so that it keeps them though the
        newest sentinels are those of the cluster that was lost.
    type: str
    choices: [fresh, begun, cleared, confirmed]
    required: true
  version:
    description: Version of the backup that is restored, as C(restores) of M(metalstack.autonomous.metal_database_gate)
      tells it. It is compared with the sentinels of that one.
    type: str
    default: ""
  engine:
    description: What the database is, by which it is known where its data directory is. Required with
      O(state=cleared).
    type: str
    choices: [postgres, rethinkdb, valkey]
  reader_image:
    description: Image of the pod that looks into a volume that is kept, see
      M(metalstack.autonomous.metal_database_info). Without it, it has that of the database's own pod, or of the one
      that its StatefulSet would make.
    type: str
    default: ""
  empty:
    description: With O(state=begun), that the claim which is there has come back without its data, since its disk was
      lost, and that nothing is in its volume. Whatever comes into it is a part of this restore then, so that the next
      run discards it and restores anew, should this one be cut off.
    type: bool
    default: false
  discard:
    description: With O(state=cleared), whether what there is goes though somebody may have written to it, since the
      database answers, or nobody knows that it never did. With O(state=begun), whether the restore of another version
      that was begun in this cluster, and not confirmed, is given up, which is refused without.
    type: bool
    default: false
  prefix:
    description: What the backups of the database lie below, as M(metalstack.autonomous.metal_database_gate) tells it.
      Required with O(state=fresh).
    type: str
attributes:
  check_mode:
    description: Tells what it would do.
    support: full
  diff_mode:
    description: Shows the mark before and after.
    support: full
  idempotent:
    description: A restore of the same version is begun once, and so is a database without data. Begun again, one into a
      volume that was empty gives up its claim, which is a change. What was cleared away is not there to be cleared
      again.
    support: full
seealso:
  - module: metalstack.autonomous.metal_database_info
  - module: metalstack.autonomous.metal_database_gate
  - module: metalstack.autonomous.metal_database_sentinels
"""

EXAMPLES = r"""
- name: Mark that the database of addresses begins without data, before it is deployed
  metalstack.autonomous.metal_database_restore:
    kubeconfig: /etc/rancher/k3s/k3s.yaml
    name: ipam-db
    state: fresh
    prefix: ipam-db-prod

- name: Mark that the database of machines is restored, before it is deployed
  metalstack.autonomous.metal_database_restore:
    kubeconfig: /etc/rancher/k3s/k3s.yaml
    name: metal-db
    state: begun
    version: "{{ gated.databases[0].restores.version }}"

- name: Clear away what a restore that was cut short has left of it, before it is deployed
  metalstack.autonomous.metal_database_restore:
    kubeconfig: /etc/rancher/k3s/k3s.yaml
    name: metal-db
    state: cleared
    engine: rethinkdb
    version: "{{ gated.databases[0].restores.version }}"

- name: Have its backups go on, after its sentinels were compared
  metalstack.autonomous.metal_database_restore:
    kubeconfig: /etc/rancher/k3s/k3s.yaml
    name: metal-db
    state: confirmed
    prefix: "{{ gated.databases[0].prefix }}"
"""

RETURN = r"""
before:
  description: The mark that was found, when the restore was C(begun), of which C(version), in which C(cluster), and
    the UIDs of the C(claim) that was there before and of the C(pod) that restores, empty without one, whether that
    claim was C(empty), and whether a run that was cut off has C(discarded) what was there; null without such a mark.
    With O(state=cleared), the names of what is deleted, by kind; null where there is nothing. With O(state=fresh),
    C(how) the database has begun, the C(prefix) of its backups, the C(cluster) and C(since) when.
  type: dict
  returned: success
after:
  description: The same of the mark that is there now.
  type: dict
  returned: success
"""

import datetime

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import (
    beginning,
    marker,
    offered,
    prefixes,
    restores,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.errors import DatabaseError

NEEDED = {"type": "str", "required": True}


def main():
    options = {
        **offered.OPTIONS,
        "name": NEEDED,
        "state": {**NEEDED, "choices": [beginning.FRESH, marker.BEGUN, marker.CLEARED, marker.CONFIRMED]},
        "version": {"type": "str", "default": ""},
        "empty": {"type": "bool", "default": False},
        "discard": {"type": "bool", "default": False},
        "prefix": {"type": "str"},
        "engine": {"type": "str", "choices": list(prefixes.ENGINES)},
        "reader_image": {"type": "str", "default": ""},
    }
    needed = [("state", beginning.FRESH, ["prefix"]), ("state", marker.CLEARED, ["engine"])]
    module = AnsibleModule(argument_spec=options, required_if=needed, supports_check_mode=True)
    moment = datetime.datetime.now(datetime.UTC)
    try:
        found = restores.act(module.params, offered.cluster(module.params), moment, not module.check_mode)
    except (DatabaseError, Unreachable) as error:
        module.fail_json(msg=str(error))
    diff = {"before": found.before or {}, "after": found.after or {}}
    module.exit_json(changed=found.before != found.after, diff=diff, **found._asdict())


if __name__ == "__main__":
    main()
