# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: metal_stack_component
short_description: Deploy components of metal-stack that are not as they should be
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Runs metal-stack's own roles, those of one component in an C(ansible-playbook) of its own with its own kubeconfig,
    roles path, temporary directory and configuration, so that several stages can be deployed in one run and share
    nothing. If the task is ended, also by SIGKILL, all that it has started ends too, within ten seconds, and what it
    was handed is removed.
  - A component is deployed when the roles, or a variable that these take, is another one than was recorded of it; when
    it is not healthy; or when it is named in C(redeploy). The record is a ConfigMap of the namespace,
    C(metal-stack-control-plane), and is written before the roles are run, as unfinished, and once the component is
    healthy; what did not come to its end is deployed again. Of variables it has digests alone.
  - Healthy means that each workload was seen by its controller and has as many pods updated and ready as it wants, that
    Jobs have ended well, and that the Secrets are there that a component makes. It does not mean that a database
    answers; RethinkDB has no probe, and that of PostgreSQL always succeeds.
  - A sidecar that runs with another configuration, or other keys of its storage, than it was given is restarted, which
    metal-roles does not do. One that restores never is, and its pod gets no former configuration to begin with.
  - Output goes to C(STATE_PATH/.runs/STAGE/COMPONENT.log) with mode 0600, without secrets.
extends_documentation_fragment:
  - metalstack.autonomous.metal_stack_control_plane
  - metalstack.autonomous.metal_stack_control_plane.cluster
  - metalstack.autonomous.metal_stack_control_plane.release
  - metalstack.autonomous.k3s_attributes
attributes:
  check_mode:
    support: full
    details:
      - Tells which components would be deployed and why; nothing is run.
  diff_mode:
    support: full
    details:
      - Shows the release and the versions of the roles, before and after.
options:
  databases:
    description: Names of databases; only the components that bring these are looked at now. Without, all are.
    type: list
    elements: str
    default: []
  schedules:
    description: When the sidecars of databases back up, by database, as M(metalstack.autonomous.metal_database_gate)
      has decided. They win over all else, and a database whose sidecar is never to back up is one that is restored.
    type: dict
    default: {}
seealso:
  - module: metalstack.autonomous.metal_stack_release
  - module: metalstack.autonomous.metal_database_gate
"""

EXAMPLES = r"""
- name: Deploy metal-stack
  metalstack.autonomous.metal_stack_component:
    kubeconfig: /etc/metal-stack/initial.kubeconfig
    state_path: /var/lib/metal-stack
    control_plane: "{{ control_plane }}"
    release:
      name: "{{ release.release.name }}"
      roles_path: "{{ release.roles_path }}"
      roles: "{{ release.roles }}"
      variables: "{{ release.variables }}"
"""

RETURN = r"""
components:
  description: Each component that was looked at, its C(name), whether it was C(changed), the C(reasons), the C(seconds)
    that it took, and its C(log).
  type: list
  elements: dict
  returned: always
"""
