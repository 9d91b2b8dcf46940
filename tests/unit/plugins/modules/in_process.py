"""A module's C(main), run in the process of a test."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common.parameters import remove_values

Run = Callable[..., dict[str, Any]]


class Ended(Exception):
    """With what the module has answered."""


def runner(monkeypatch: pytest.MonkeyPatch, masked: bool = False) -> Run:
    """Give a way to run a module with exactly these options, which returns its result, C(failed) where it fails.

    masked: without what Ansible knows to be secret. Otherwise a module that tells a secret is found out.
    """

    def end(module: basic.AnsibleModule, **result: Any) -> None:
        raise Ended(remove_values(result, module.no_log_values) if masked else result)

    monkeypatch.setattr(basic.AnsibleModule, "exit_json", end)
    monkeypatch.setattr(basic.AnsibleModule, "fail_json", lambda module, **result: end(module, failed=True, **result))
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)

    def run(module: Any, check: bool = False, **options: Any) -> dict[str, Any]:
        document = {"ANSIBLE_MODULE_ARGS": {"_ansible_check_mode": check, **options}}
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps(document).encode())
        with pytest.raises(Ended) as ended:
            module.main()
        result: dict[str, Any] = ended.value.args[0]
        return result

    return run
