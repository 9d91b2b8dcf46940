"""The command that the guard runs beside its watch."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).resolve().parents[3] / "roles/kube_vip/files/vip_guard.py"
spec = importlib.util.spec_from_file_location("vip_guard", FILE)
assert spec and spec.loader
vip_guard = importlib.util.module_from_spec(spec)
spec.loader.exec_module(vip_guard)


class Process:
    """A command that goes on until it is killed."""

    def __init__(self, ends: bool) -> None:
        self.status = 0 if ends else None

    def poll(self) -> int | None:
        return self.status

    def kill(self) -> None:
        self.status = -9


@pytest.mark.parametrize(
    ("ends", "ticks", "starts"),
    [
        (True, [0.0, 1.0, 9.9], []),
        (True, [0.0, 10.0, 15.0, 20.5], [10.0, 20.5]),
        (False, [0.0, 10.0, 15.0, 18.0], [10.0]),
        (False, [0.0, 10.0, 18.5, 19.0, 20.0], [10.0, 20.0]),
    ],
    ids=["not at once", "again and again", "not beside itself", "killed when it hangs"],
)
def test_the_command_runs_now_and_then_and_never_twice_at_once(
    ends: bool, ticks: list[float], starts: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr(vip_guard.subprocess, "Popen", lambda *_, **__: started.append(now) or Process(ends))
    command = vip_guard.HolderCommand(["hand-over"])
    for now in ticks:
        command.tick(now)
    assert started == starts


def test_a_new_holder_waits_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    monkeypatch.setattr(vip_guard.subprocess, "Popen", lambda *_, **__: started.append(now) or Process(True))
    command = vip_guard.HolderCommand(["hand-over"])
    for now in (0.0, 9.0, 11.0, 19.0, 21.0):
        command.tick(now)
        if now == 9.0:
            command.pause()
    assert started == [21.0]


def test_without_a_command_nothing_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vip_guard.subprocess, "Popen", None)
    vip_guard.HolderCommand([]).tick(0.0)
