# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: k3s_info
short_description: Look at k3s on a host
version_added: 0.1.0
description:
  - Reports in one call what decisions about a k3s host are made on, from its files, from systemd, from the local API
    server and from the local etcd member.
  - It works the same whether k3s runs, is stopped, hangs or was never installed, and takes a few seconds at most.
extends_documentation_fragment:
  - metalstack.autonomous.k3s_attributes
  - metalstack.autonomous.k3s_attributes.info
options:
  token:
    description:
      - The server token that the host's cluster should have. Only whether it matches is returned.
    type: str
  agent_token:
    description:
      - The agent token that the host's cluster should have. Only whether it matches is returned.
    type: str
  storage:
    description: Directory that persistent volumes lie in.
    type: path
    default: /var/lib/k3s-local-storage
author:
  - metal-stack authors (@metal-stack)
seealso:
  - module: metalstack.autonomous.k3s_wait
  - module: metalstack.autonomous.k3s_workloads
"""

EXAMPLES = r"""
- name: Look at k3s
  metalstack.autonomous.k3s_info:
  register: found

- name: Show the members of etcd
  ansible.builtin.debug:
    msg: "{{ found.k3s.etcd.members }}"
"""

RETURN = r"""
k3s:
  description: What was found. Every key is there in every state of the host; what is not known is empty.
  returned: always
  type: dict
  contains:
    installed_version:
      description: Version of the binary that is installed.
      type: str
      sample: v1.35.4+k3s1
    programs:
      description:
        - Versions of each program that M(metalstack.autonomous.versioned_binary) keeps, the one that is linked and
          those that run.
      type: dict
      sample: {kube-vip: [v1.2.2]}
    unit:
      description: The systemd unit, with C(loaded), C(enabled), C(state) and C(pid).
      type: dict
    datastore:
      description:
        - Kind of datastore on the disk, running or not, one of V(etcd), V(sqlite), V(removed) (its member was removed
          from the cluster) or empty.
      type: str
    datastore_bytes:
      description: Size of etcd's data on the disk.
      type: int
    datastore_written:
      description: When etcd's database was last written, in seconds since 1970; 0 without one.
      type: int
    reset_begun:
      description: Whether M(metalstack.autonomous.k3s_reset_members) was at work here and its end was not confirmed.
      type: bool
    quiet:
      description:
        - Whether k3s starts with its API alone, as it does after a restore until workloads are held.
      type: bool
    rotation:
      description:
        - What is being exchanged under the running cluster, with C(kind), C(host) (where it began) and C(before); empty
          unless that has begun and not ended.
      type: dict
    encryption:
      description:
        - Names of the C(keys) for Secrets, the one that encrypts first, and whether they were C(changed) since k3s
          was started here.
      type: dict
    token:
      description:
        - Fingerprints of the servers' token, as given (C(wanted)), as k3s has C(written) it down and as it is C(kept)
          for its next start, and whether the last was C(changed) since k3s was started.
      type: dict
    agent_token:
      description:
        - The same of the token that agents enter with, which servers alone have written down, and of those that were
          exchanged for it and are to be refused (C(former)).
      type: dict
    started:
      description: Checksums of the files that the running process has read at its start, by path.
      type: dict
    ca:
      description: Checksum of the certificate authority, the same on all hosts of a cluster.
      type: str
    authorities:
      description:
        - How many certificates a server trusts as that authority, itself, those above it and former ones. It is one as
          k3s has made it, and more than two while former ones are trusted yet.
      type: int
    token_matches:
      description: Whether the token on the host is the given one.
      type: bool
    agent_token_matches:
      description: Whether the agent token on the host is the given one.
      type: bool
    registered_at:
      description: Address of the server that the join settings on the disk name.
      type: str
    immutable:
      description: Settings on the disk that a cluster keeps for life.
      type: dict
    node_password:
      description: Whether the host still has the password that it registered its node with.
      type: bool
    certificates:
      description: Days left of every certificate, by path.
      type: dict
    images:
      description: Checksums of the image archives that k3s imports, by file name.
      type: dict
    storage:
      description: Where persistent volumes lie (C(path)), and what there is of them (C(directories)).
      type: dict
    free_percent:
      description: How much of each file system that k3s writes to is free, by a path on it.
      type: dict
    system:
      description: The host itself, with its addresses, listening ports, free space, cgroup version and kernel settings.
      type: dict
    api:
      description:
        - The local API server, with C(ready), C(error), C(version), C(lineage) (the UID of kube-system), C(nodes),
          C(held) (the workloads that a restore holds, see M(metalstack.autonomous.k3s_workloads)),
          C(volumes) (the persistent ones), C(volumes_known) (whether they could be read)
          and C(gardener) (the version of the garden's, empty without one).
      type: dict
    etcd:
      description:
        - The local etcd member, with C(running), C(quorum), C(members), C(leader_id), C(member_id), C(alarms),
          C(database_bytes) and C(quota_bytes).
      type: dict
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._artifact import installed
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import (
    authorities,
    host,
    layout,
    observe,
    rotation,
)


def look(token, agent_token, storage):
    cluster = observe.everything()
    volumes = observe.volumes() if cluster["api"]["ready"] else None
    return {
        "installed_version": host.installed_version(),
        "programs": installed.versions([*installed.linked(), *installed.running()]),
        "unit": cluster["unit"],
        "datastore": host.datastore(),
        "datastore_bytes": host.datastore_bytes(),
        "datastore_written": host.datastore_written(),
        "rotation": rotation.parse(host.read(layout.ROTATION_FILE)),
        "encryption": host.encryption(),
        "token": host.token(token or ""),
        "agent_token": host.agent_token(agent_token or ""),
        "quiet": os.path.exists(layout.QUIET_FILE),
        "reset_begun": os.path.exists(layout.ASIDE_DIR + "/begun"),
        "started": host.started_files(),
        "ca": host.checksum(layout.TLS_DIR + "/server-ca.crt")
        or host.checksum(layout.DATA_DIR + "/agent/server-ca.crt"),
        "authorities": authorities.trusted(layout.TLS_DIR + "/server-ca.crt"),
        "token_matches": host.token_matches(token, layout.DATA_DIR + "/server/token", layout.TOKEN_FILE)
        if token
        else None,
        "agent_token_matches": host.token_matches(agent_token, layout.WRITTEN_AGENT_TOKEN_FILE, layout.AGENT_TOKEN_FILE)
        if agent_token
        else None,
        "registered_at": host.registered_at(),
        "immutable": host.immutable_settings(),
        "node_password": os.path.exists("/etc/rancher/node/password"),
        "certificates": host.certificate_days(),
        "images": host.images(),
        "storage": {"path": storage, "directories": host.directories(storage)},
        "free_percent": host.free_percent("/", layout.DATA_DIR, layout.ETCD_DIR, storage),
        "system": host.system(),
        "api": {
            **cluster["api"],
            "volumes": volumes or [],
            "volumes_known": volumes is not None,
            "gardener": observe.gardener() if cluster["api"]["ready"] else "",
        },
        "etcd": cluster["etcd"],
    }


def main():
    module = AnsibleModule(
        argument_spec={
            "token": {"type": "str", "no_log": True},
            "agent_token": {"type": "str", "no_log": True},
            "storage": {"type": "path", "default": "/var/lib/k3s-local-storage"},
        },
        supports_check_mode=True,
    )
    module.exit_json(changed=False, k3s=look(**module.params))


if __name__ == "__main__":
    main()
