# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: metal_stack_preparation
short_description: Give a cluster what metal-stack looks for in it
version_added: 0.1.0
author: metal-stack authors (@metal-stack)
description:
  - Makes the namespace, and the ConfigMaps C(kube-system/shoot-info) and C(garden/seed-api-server), which a cluster of
    Gardener's has by itself and others lack. Those that somebody else has made stay as they are, if they have what is
    read of them.
  - Applies the add-ons, such as the Gateway API's CRDs, a controller for them, cert-manager or an ingress controller,
    one after the other, each by server-side apply with the label C(app.kubernetes.io/managed-by=metalstack.autonomous),
    and waits until it runs. Makes a Gateway for the control plane where C(gateway_class) is given, and waits until it
    is programmed and has an address. What was applied is recorded in the ConfigMap C(metal-stack-addons) of the
    namespace.
  - Fails, before anything is changed and with all of it at once, where there is no StorageClass for the databases, none
    or several that are the default, or not the one that is named; where the kinds of the Gateway API are missing that
    its routes are of, in the versions that metal-roles has them in; without a controller for the class of its Gateway,
    or the IngressClass C(nginx) of its Ingresses; with too few addresses in kube-vip's range, or one asked for that is
    not in it or taken; and where somebody else has made what is to be applied.
extends_documentation_fragment:
  - metalstack.autonomous.metal_stack_control_plane
  - metalstack.autonomous.metal_stack_control_plane.cluster
  - metalstack.autonomous.k3s_attributes
options:
  state:
    description:
      - V(pruned) removes what a former run has applied and that is not wanted any more. What has no label of ours by
        now stays, and so does an add-on that somebody uses, by an object of a kind that it defines, by a Gateway or an
        Ingress of its class, a volume of its StorageClass or driver, or a workload or a claim in its namespace.
      - Nothing else is made or changed then.
    type: str
    choices: [present, pruned]
    default: present
"""

EXAMPLES = r"""
- name: Give the cluster what metal-stack looks for
  metalstack.autonomous.metal_stack_preparation:
    kubeconfig: /etc/metal-stack/initial.kubeconfig
    control_plane: "{{ control_plane }}"

- name: Remove what is not wanted any more
  metalstack.autonomous.metal_stack_preparation:
    kubeconfig: /etc/metal-stack/initial.kubeconfig
    control_plane: "{{ control_plane }}"
    state: pruned
"""

RETURN = r"""
objects:
  description: What was, or would have been, made, changed or removed, as C(KIND/NAMESPACE/NAME).
  type: list
  elements: str
  returned: success
kept:
  description: Of O(state=pruned), who uses what of an add-on that stays for that, by its name.
  type: dict
  returned: O(state=pruned)
"""
