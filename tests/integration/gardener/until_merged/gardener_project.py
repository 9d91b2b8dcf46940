#!/usr/bin/python
"""A stand-in for the collection's module of this name, with the options that the role target_shoot gives it.

It goes once the collection has that.
"""

from __future__ import annotations

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Garden
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.kinds import Kind

PROJECT = Kind("core.gardener.cloud/v1beta1", "Project", "projects")
CONFIRMED = {"metadata": {"annotations": {"confirmation.gardener.cloud/deletion": "true"}}}
OPTIONS: dict[str, Any] = {
    "kubeconfig": {"type": "path", "required": True}, "context": {"default": ""}, "name": {"required": True},
    "namespace": {"default": ""}, "description": {"default": ""}, "purpose": {"default": ""},
    "owner": {"type": "dict"}, "members": {"type": "list", "elements": "dict"}, "tolerations": {"type": "dict"},
    "wait": {"type": "bool", "default": True}, "wait_timeout": {"type": "int", "default": 60},
    "state": {"default": "present", "choices": ["present", "absent"]},
}  # fmt: skip


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    given, garden = module.params, Garden(module.params["kubeconfig"], module.params["context"])
    name, end = given["name"], time.monotonic() + given["wait_timeout"]
    live = garden.get(PROJECT, "", name)
    if given["state"] == "absent":
        if live and not module.check_mode:
            garden.patch(PROJECT, "", name, CONFIRMED)
            garden.delete(PROJECT, "", name)
            while garden.get(PROJECT, "", name) and time.monotonic() < end:
                time.sleep(0.3)
        module.exit_json(changed=live is not None)
    fields = ("description", "purpose", "owner", "members", "tolerations")
    spec = {"namespace": given["namespace"], **{one: given[one] for one in fields if given[one]}}
    wanted = {"apiVersion": PROJECT.version, "kind": PROJECT.name, "metadata": {"name": name}, "spec": spec}
    changed = live is None or garden.apply(PROJECT, wanted, dry=True)["spec"] != live["spec"]
    if changed and not module.check_mode:
        garden.apply(PROJECT, wanted)
        while time.monotonic() < end:
            if ((garden.get(PROJECT, "", name) or {}).get("status") or {}).get("phase") == "Ready":
                break
            time.sleep(0.3)
    module.exit_json(changed=changed)


if __name__ == "__main__":
    main()
