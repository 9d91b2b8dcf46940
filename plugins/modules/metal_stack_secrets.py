# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: metal_stack_secrets
short_description: Have the secrets of a control plane of metal-stack, each made once
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Keeps passwords, HMAC keys, headscale's keys, Zitadel's master key and an authority with the certificates of
    masterdata-api, of metal-api's gRPC and of nsqd in the Secret C(metal-stack-control-plane) of the namespace. So they
    survive with the cluster's own backup, and whoever deploys need not keep them.
  - What is kept is never made anew. What the inventory gives among C(variables) wins, but for what data depend on, the
    passwords of databases and Zitadel's master key; another one of these is refused.
  - A password that the cluster has of a database that runs is taken over.
  - For a database that is kept or restored nothing is made anew that belongs together with its data, as passwords in
    PostgreSQL's backup and Zitadel's master key, or that partitions, firewalls and Gardener have, as headscale's keys,
    HMAC keys and the authority. What of these is not kept any more has to be given.
  - Certificates are renewed 60 days before they end; the authority stays.
  - No secret is returned or printed.
extends_documentation_fragment:
  - metalstack.autonomous.metal_stack_control_plane
  - metalstack.autonomous.metal_stack_control_plane.cluster
  - metalstack.autonomous.k3s_attributes
attributes:
  diff_mode:
    support: full
    details:
      - Names alone are shown.
"""

EXAMPLES = r"""
- name: Have the secrets
  metalstack.autonomous.metal_stack_secrets:
    kubeconfig: /etc/metal-stack/initial.kubeconfig
    control_plane: "{{ control_plane }}"
"""

RETURN = r"""
made:
  description: Names of the secrets that were generated.
  type: list
  elements: str
  returned: success
given:
  description: Names of those that the inventory gives and that were not kept before.
  type: list
  elements: str
  returned: success
adopted:
  description: Names of those that were taken over from databases that run.
  type: list
  elements: str
  returned: success
replaced:
  description: Names of those that the inventory gives otherwise than they were kept.
  type: list
  elements: str
  returned: success
issued:
  description: The certificates that were issued, each with the reason.
  type: list
  elements: str
  returned: success
"""
