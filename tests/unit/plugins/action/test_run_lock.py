"""A lock that another run has left: who had it is said whenever it is taken."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.action import run_lock

OURS = {"machine": "here", "pid": 7, "start": "boot 70", "since": "2026-11-30T05:00:00+00:00"}
HOLDER = {**OURS, "pid": 6, "start": "boot 60", "playbook": "upgrade.yml", "user": "someone", "controller": "ops"}


def taken(
    monkeypatch: pytest.MonkeyPatch, holder: dict[str, Any], alive: str, **options: Any
) -> tuple[bool, list[str]]:
    """Whether the run is refused, and what it is warned of. alive: when the holder's process began, if it runs."""
    said: list[str] = []
    action = run_lock.ActionModule.__new__(run_lock.ActionModule)
    action._task = SimpleNamespace(args={"site": "lab", **options}, check_mode=False)
    action._display = SimpleNamespace(warning=said.append)
    monkeypatch.setattr(run_lock.ActionBase, "run", lambda *_: {})
    monkeypatch.setattr(run_lock, "_ourselves", lambda _site: OURS)
    monkeypatch.setattr(run_lock, "_start_of", lambda _pid: alive)

    def module(*, module_name: str, module_args: dict[str, Any], task_vars: Any) -> dict[str, Any]:
        return {"holder": OURS if module_args.get("instead_of") == holder else holder}

    monkeypatch.setattr(action, "_execute_module", module)
    return bool(action.run(None, {"inventory_hostname": "server1"}).get("failed")), said


@pytest.mark.parametrize(
    ("holder", "alive", "options", "refused", "warns"),
    [
        (OURS, "boot 70", {}, False, ""),
        (HOLDER, "", {}, False, "that run has ended and let nothing go"),
        (HOLDER, "boot 60", {}, True, ""),
        (HOLDER, "boot 60", {"takeover": True}, False, "as was asked for"),
        ({**HOLDER, "machine": "there"}, "", {"takeover": "true"}, False, "as was asked for"),
    ],
    ids=["ours", "of a dead run", "of one that runs", "of one that runs, on request", "of another machine, on request"],
)
def test_whoever_loses_a_lock_is_named(
    monkeypatch: pytest.MonkeyPatch,
    holder: dict[str, Any],
    alive: str,
    options: dict[str, Any],
    refused: bool,
    warns: str,
) -> None:
    failed, said = taken(monkeypatch, holder, alive, **options)
    assert failed is refused
    assert len(said) == bool(warns)
    assert not warns or (
        said[0].startswith("The lock of upgrade.yml of someone on controller ops") and warns in said[0]
    )
