#!/usr/bin/python
# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: k3s_objects
short_description: Have objects in the cluster of a k3s server, or have them no more
version_added: 0.1.0
description:
  - Runs on a server of k3s and asks its own API server, with the certificate of the administrator that k3s has there.
  - Applies each object in its order by server-side apply, as the field manager C(metalstack.autonomous), and waits
    until every Deployment among them runs.
  - Gives each the label C(app.kubernetes.io/managed-by=metalstack.autonomous). An object of the same name without it
    is somebody else's; it is neither changed, which is refused before anything is, nor removed.
extends_documentation_fragment:
  - metalstack.autonomous.k3s_attributes
attributes:
  check_mode:
    support: full
    details:
      - An object that is there is judged by the API server, one that is not is taken to become what is given.
  diff_mode:
    support: full
    details:
      - Of a Secret it is shown which of its keys change, nothing else.
options:
  objects:
    description:
      - The objects, as Kubernetes' API has them, those first that others are in. The plural of their kind has to be
        the kind with an s, as that of C(Namespace), C(Secret), C(ConfigMap), C(Service) and C(Deployment).
      - Those of kind C(Secret) come without C(data), see O(secret_data).
    type: list
    elements: dict
    required: true
  secret_data:
    description: What the Secrets of O(objects) hold, a dictionary of texts by the name of each.
    type: dict
    default: {}
  state:
    description:
      - V(absent) removes the objects, the last one first, and waits until they are gone. With a namespace goes all
        that is in it.
    type: str
    choices: [present, absent]
    default: present
  timeout:
    description: Seconds that Deployments have to run, or objects to go.
    type: int
    default: 300
seealso:
  - module: metalstack.autonomous.k3s_objects_info
author:
  - metal-stack authors (@metal-stack)
"""

EXAMPLES = r"""
- name: Have a namespace with a Secret
  metalstack.autonomous.k3s_objects:
    objects:
      - {apiVersion: v1, kind: Namespace, metadata: {name: example}}
      - {apiVersion: v1, kind: Secret, metadata: {name: login, namespace: example}}
    secret_data:
      login:
        password: "{{ vault_password }}"
"""

RETURN = r"""
objects:
  description: What was, or would have been, applied or removed, as C(KIND/NAMESPACE/NAME).
  returned: success
  type: list
  elements: str
  sample: [Namespace/example, Secret/example/login]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import client, objects

# What the requests take beside what is waited for.
MARGIN = 60


def present(server, wanted, seconds, check):
    before = objects.look(server, wanted)
    objects.refuse(before)
    pairs = zip(wanted, before, strict=True)
    after = [objects.apply(server, one, found, seconds, check) for one, found in pairs]
    if not check:
        objects.wait(server, wanted, seconds)
    return before, after


def absent(server, wanted, seconds, check):
    before = [found for found in objects.look(server, wanted) if found is not None and objects.ours(found)]
    for found in reversed(before if not check else []):
        objects.remove(server, found, seconds)
    return before, [None] * len(before)


def compared(before, after):
    pairs = list(zip(before, after, strict=True))
    shown = {objects.name(new or old): (objects.shown(old), objects.shown(new, old)) for old, new in pairs}
    changed = {name: pair for name, pair in shown.items() if pair[0] != pair[1]}
    old, new = ({name: pair[side] for name, pair in changed.items()} for side in (0, 1))
    return {"changed": bool(changed), "objects": list(changed), "diff": {"before": old, "after": new}}


def main():
    module = AnsibleModule(
        argument_spec={
            "objects": {"type": "list", "elements": "dict", "required": True},
            "secret_data": {"type": "dict", "default": {}, "no_log": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "timeout": {"type": "int", "default": 300},
        },
        supports_check_mode=True,
    )
    params = module.params
    wanted = objects.composed(params["objects"], params["secret_data"])
    act = {"present": present, "absent": absent}[params["state"]]
    try:
        server = objects.api(params["timeout"] + MARGIN)
        before, after = act(server, wanted, params["timeout"], module.check_mode)
    except client.Unreachable as error:
        module.fail_json(msg=f"the cluster does not do it: {error}")
    except objects.Refused as error:
        module.fail_json(msg=str(error))
    module.exit_json(**compared(before, after))


if __name__ == "__main__":
    main()
