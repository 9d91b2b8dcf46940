# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: metal_database_info
short_description: Look at what metal-stack's databases have in the cluster
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Asks the Kubernetes API what there is of each database, its volume, what lies in its data directory, whether it
    answers, and whether a restore was begun there, so that M(metalstack.autonomous.metal_database_gate) decides by what
    is and not by what somebody believes.
  - With O(counts) it also counts what each of them holds, as M(metalstack.autonomous.metal_database_sentinels) saves
    and compares it.
  - Databases are asked in their own pods, with the accounts that they have there. No password is on a command line.
    PostgreSQL and Valkey are asked by C(psql) and C(valkey-cli) of their images, RethinkDB, whose image has no client,
    through a port that is forwarded.
  - It fails where anything cannot be found out, and names all of it at once. Nothing is taken for empty since it gave
    no answer. A database that is not there, starts or does not listen is no error unless it is to be counted.
  - The account of the kubeconfig needs to get the namespace C(kube-system), and in O(namespace) to get C(pods),
    C(persistentvolumeclaims), C(statefulsets) and C(configmaps), and to get and create C(pods/exec) and for RethinkDB
    C(pods/portforward). With O(reader_image) also to create and delete C(pods), and to get C(pods/log).
    By that it also tells what a sidecar has said that had to start anew while it restored.
extends_documentation_fragment:
  - metalstack.autonomous.metal_cluster
  - metalstack.autonomous.metal_database.looked_at
options:
  counts:
    description: Whether what they hold is counted. Each row is, which takes a while in large tables.
    type: bool
    default: false
  reader_image:
    description:
      - Image of a pod that looks into a volume whose own pod does not run, since it is scaled down, cannot be
        scheduled, or crashes together with its sidecar. It needs C(sh) and C(find), which those of the databases
        (C(metal_db_image_name) and others) and of the sidecar have. Without it that is refused.
      - The pod has the volume read-only, lists the names in the data directory and is removed. If the module is killed
        before, it ends by itself after O(timeout), and the next look removes what is left of it. Until then a claim
        that is deleted stays.
    type: str
    default: ""
attributes:
  check_mode:
    description: It changes nothing.
    details: The pod of O(reader_image) is not made in check mode. Where it would be, the module fails.
    support: partial
  diff_mode:
    description: It changes nothing.
    support: N/A
  idempotent:
    description: It changes nothing.
    support: full
seealso:
  - module: metalstack.autonomous.metal_database_gate
  - module: metalstack.autonomous.metal_database_restore
  - module: metalstack.autonomous.metal_database_sentinels
"""

EXAMPLES = r"""
- name: Look at what the cluster has of the databases
  metalstack.autonomous.metal_database_info:
    kubeconfig: /etc/rancher/k3s/k3s.yaml
    stage: prod
    databases:
      - name: metal-db
        engine: rethinkdb
      - name: masterdata-db
        engine: postgres
      - name: valkey
        engine: valkey
  register: found

- name: Decide how the database of machines begins
  metalstack.autonomous.metal_database_gate:
    stage: prod
    storage: "{{ sidecar_storage }}"
    cluster: "{{ found.cluster }}"
    databases:
      - name: metal-db
        engine: rethinkdb
        intent: keep
        volume: "{{ found.databases[0].volume }}"
        provider: s3
        object_max_keep: 480
        object_days_max_keep: 14
"""

RETURN = r"""
cluster:
  description: Identity of the cluster, the UID of its namespace C(kube-system), as
    M(metalstack.autonomous.metal_database_gate) and M(metalstack.autonomous.metal_database_sentinels) take it.
  type: str
  returned: success
databases:
  description: Each database. What could not be found out is null.
  type: list
  elements: dict
  returned: always
  contains:
    name:
      description: Its name.
      type: str
    engine:
      description: What it is.
      type: str
    prefix:
      description: What its backups lie below.
      type: str
    volume:
      description: As M(metalstack.autonomous.metal_database_gate) takes it.
      type: dict
      contains:
        exists:
          description: Whether there is a PersistentVolumeClaim of its data.
          type: bool
        entries:
          description: Names of what is in its data directory, hidden ones as well.
          type: list
          elements: str
        restoring:
          description: Whether M(metalstack.autonomous.metal_database_restore) has marked a restore that nobody has
            confirmed, and the volume is there.
          type: bool
        running:
          description: Whether it has answered. PostgreSQL was asked to select 1, Valkey to ping and whether it has its
            data loaded, RethinkDB for the status of its servers.
          type: bool
        begun:
          description: Of C(restore) the C(version) and the C(cluster), whether the volume was C(made) for it, or had
            nothing before, whether it is C(unbroken), by the pod and the sidecar that have begun it, and whether it is
            C(untouched), since no database can have run on what it has brought back, as is known of an empty directory,
            and of one in which PostgreSQL was never started; null without restore or volume.
          type: dict
        began:
          description: C(how) its data have begun in this cluster, V(fresh) or V(restore), and C(since) when, as
            M(metalstack.autonomous.metal_database_restore) has marked it; null without such a mark, with one that tells
            of another cluster or other backups, and without a volume.
          type: dict
    state:
      description: What that comes to, V(absent) without a volume, V(empty) or V(lost+found) without data in it,
        V(interrupted) with a restore that nobody has confirmed, else V(data). Valkey that runs has data, whatever lies
        in its volume.
      type: str
    idle:
      description: Why it does not run; empty where it does.
      type: str
    pod:
      description: UID of its pod; null without one.
      type: str
    restarts:
      description: How often its sidecar has started anew in its pod. What it was restoring then is not whole. Null
        without a pod.
      type: int
    restore:
      description: The restore that nobody has confirmed, when it was C(begun), of which C(version), in which
        C(cluster), the UIDs of the C(claim) that was there before and of the C(pod) that restores, empty without one,
        and whether a run that was cut off has C(discarded) what was there; null without such a restore.
      type: dict
    tables:
      description:
        - Rows by table where O(counts) are asked for, else null.
        - Of PostgreSQL all tables of all databases, but not those of extensions and those that are a part of another
          one. Those outside the schema C(public) have it before their name, those outside the main database that, too.
        - Of RethinkDB all tables, with their database before their name.
        - Of Valkey the keys of metal-apiserver by their database, what they begin with and their type, such as
          C(db0/tokenstore_/string). Rate limits, queues and components that report are left out, since they come and
          go by themselves.
      type: dict
    lists:
      description: C(partitions) of metal-stack's RethinkDB, C(projects) and C(tenants) of C(masterdata-db), by their
        ids, where O(counts) are asked for, else null. A database without such a table has no such list.
      type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s.client import Unreachable
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import look, offered, options
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.errors import DatabaseError


def main():
    given = {
        **offered.OPTIONS,
        **options.LOOKED_AT,
        "counts": {"type": "bool", "default": False},
        "reader_image": {"type": "str", "default": ""},
    }
    module = AnsibleModule(argument_spec=given, supports_check_mode=True)
    try:
        asked = offered.cluster(module.params)
        identity = asked.identity()
    except (DatabaseError, Unreachable) as error:
        module.fail_json(msg=str(error), databases=[])
    found = look.look(module.params, asked, identity, not module.check_mode)
    if found["complaints"]:
        module.fail_json(msg="; ".join(found["complaints"]), databases=found["databases"])
    module.exit_json(changed=False, cluster=identity, databases=found["databases"])


if __name__ == "__main__":
    main()
