"""What former authorities have signed is tried and removed where that is asked for, and only there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import k3s_authority

Answer = Callable[..., dict[str, Any]]


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is done on a server whose certificates are of the new ones, and where something was kept."""
    found: list[str] = []

    def does(what: str) -> Callable[..., bool]:
        return lambda *_: bool(found.append(what)) or True

    for part in ("authorities", "former_clients"):
        for name in ("prove", "forget"):
            monkeypatch.setattr(getattr(k3s_authority, part), name, does(f"{part} {name}"))
    monkeypatch.setattr(k3s_authority.former_clients, "keep", does("former_clients keep"))
    return found


@pytest.mark.parametrize(
    ("state", "former", "calls"),
    [
        ("kept", False, ["former_clients keep"]),
        ("verified", False, ["authorities prove"]),
        ("verified", True, ["authorities prove", "former_clients prove"]),
        ("settled", False, ["authorities forget"]),
        ("settled", True, ["authorities forget", "former_clients forget"]),
    ],
)
def test_a_state_does_its_part(answer: Answer, done: list[str], state: str, former: bool, calls: list[str]) -> None:
    result = answer(k3s_authority, state=state, former=former)
    assert done == calls and result["changed"] is (state != "verified")
    assert result.get("refused", former) is former


@pytest.mark.parametrize("state", ["kept", "settled"])
def test_check_mode_keeps_and_removes_nothing(answer: Answer, done: list[str], state: str) -> None:
    assert not answer(k3s_authority, state=state, former=True, _ansible_check_mode=True)["changed"] and done == []


def test_what_was_kept_is_not_tried_while_a_certificate_is_of_a_former_one(
    answer: Answer, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_former: bool) -> None:
        raise k3s_authority.authorities.Failed("client-admin is not of the present authority")

    monkeypatch.setattr(k3s_authority.authorities, "prove", fail)
    result = answer(k3s_authority, state="verified", former=True)
    assert result["failed"] and "client-admin" in result["msg"] and done == []
