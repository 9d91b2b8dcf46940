#!/usr/bin/python
"""A stand-in for the collection's module of this name, with the options that the role target_shoot gives it.

It goes once the collection has that.
"""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.client import Garden, Refusal
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener.kinds import Kind

SECRET = Kind("v1", "Secret", "secrets")
BINDING = Kind("security.gardener.cloud/v1alpha1", "CredentialsBinding", "credentialsbindings")
OPTIONS: dict[str, Any] = {
    "kubeconfig": {"type": "path", "required": True}, "context": {"default": ""}, "name": {"required": True},
    "namespace": {"required": True}, "provider_type": {"default": "metal"}, "secret_name": {"default": ""},
    "data": {"type": "dict", "no_log": True}, "data_files": {"type": "dict"},
    "state": {"default": "present", "choices": ["present", "absent"]},
}  # fmt: skip


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    given, garden = module.params, Garden(module.params["kubeconfig"], module.params["context"])
    space, name = given["namespace"], given["name"]
    live = {kind: garden.get(kind, space, name) for kind in (SECRET, BINDING)}
    if given["state"] == "absent":
        for kind in (BINDING, SECRET):
            if live[kind] and not module.check_mode:
                garden.delete(kind, space, name)
        module.exit_json(changed=any(live.values()))
    texts = {
        **(given["data"] or {}),
        **{key: Path(path).read_text() for key, path in (given["data_files"] or {}).items()},
    }
    data = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
    metadata = {"name": name, "namespace": space}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": data}
    reference = {"apiVersion": "v1", "kind": "Secret", "name": name, "namespace": space}
    binding = {
        "apiVersion": BINDING.version, "kind": BINDING.name, "metadata": metadata,
        "provider": {"type": given["provider_type"]}, "credentialsRef": reference,
    }  # fmt: skip
    changed = live[BINDING] is None or (live[SECRET] or {}).get("data") != data
    if changed and not module.check_mode:
        garden.apply(SECRET, secret)
        applied(garden, binding)
    module.exit_json(changed=changed)


def applied(garden: Garden, binding: dict[str, Any]) -> None:
    """The Secret may not be in the API server's cache yet."""
    for _ in range(60):
        try:
            garden.apply(BINDING, binding)
            return
        except Refusal as error:
            if error.status not in (403, 404, 500):
                raise
        time.sleep(0.5)
    garden.apply(BINDING, binding)


if __name__ == "__main__":
    main()
