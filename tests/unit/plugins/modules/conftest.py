"""A module's C(main) is run in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils import basic


class Exit(Exception):
    """What the module has answered."""


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Give a way to run a module with options, which returns its result, C(failed) where it fails."""

    def end(_self: object, **result: Any) -> None:
        raise Exit(result)

    monkeypatch.setattr(basic.AnsibleModule, "exit_json", end)
    monkeypatch.setattr(basic.AnsibleModule, "fail_json", lambda _, **result: end(_, failed=True, **result))
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)

    def run(module: Any, **options: Any) -> dict[str, Any]:
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": options}).encode())
        with pytest.raises(Exit) as ended:
            module.main()
        result: dict[str, Any] = ended.value.args[0]
        return result

    return run
