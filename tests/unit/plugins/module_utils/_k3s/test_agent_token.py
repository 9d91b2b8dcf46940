"""The token of agents exchanged on a host, with a server that answers as it is told here."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import agent_token, layout

OLD, NEW = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
PASSWD = "{},node,node,k3s:agent\nsecret,server,server,k3s:server\n"
PEM = "-----BEGIN CERTIFICATE-----"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("AGENT_TOKEN_FILE", "WRITTEN_AGENT_TOKEN_FILE", "FORMER_AGENT_TOKEN_FILE", "PASSWD_FILE"):
        monkeypatch.setattr(layout, name, str(tmp_path / name))
    monkeypatch.setattr(layout, "BINARY", str(tmp_path / "k3s"))
    monkeypatch.setattr(layout, "TLS_DIR", str(tmp_path / "server/tls"))
    (tmp_path / "AGENT_TOKEN_FILE").write_text(OLD)
    (tmp_path / "WRITTEN_AGENT_TOKEN_FILE").write_text(f"K10{'0' * 64}::node:{OLD}\n")
    (tmp_path / "PASSWD_FILE").write_text(PASSWD.format(OLD))
    program(tmp_path, "exit 0")
    return tmp_path


def program(place: Path, does: str) -> None:
    (place / "k3s").write_text(f'#!/bin/sh\necho "$*" >>{place}/log\n{does}\n')
    (place / "k3s").chmod(0o755)


def answering(monkeypatch: pytest.MonkeyPatch, **statuses: int) -> None:
    """Have the server answer those who have the OLD and the NEW token."""
    known = {OLD: statuses["old"], NEW: statuses["new"]}
    monkeypatch.setattr(agent_token, "answer", lambda token: (known[token], PEM if known[token] == 200 else "no"))


def test_servers_keep_what_they_let_in_before(place: Path) -> None:
    agent_token.keep(NEW)
    assert (place / "AGENT_TOKEN_FILE").read_text() == NEW
    assert (place / "FORMER_AGENT_TOKEN_FILE").read_text() == f"{OLD}\n"
    for name in ("AGENT_TOKEN_FILE", "FORMER_AGENT_TOKEN_FILE"):
        assert stat.S_IMODE((place / name).stat().st_mode) == 0o600


def test_a_third_token_takes_the_place_of_both(place: Path) -> None:
    agent_token.keep(NEW)
    agent_token.keep("a third one")
    assert agent_token.former() == [OLD, NEW]
    agent_token.forget()
    assert agent_token.former() == []


def test_agents_keep_none(place: Path) -> None:
    (place / "PASSWD_FILE").unlink()
    agent_token.keep(NEW)
    assert agent_token.kept() == NEW and not (place / "FORMER_AGENT_TOKEN_FILE").exists()


def test_the_datastore_is_told_by_saving_what_is_on_the_disk(place: Path) -> None:
    agent_token.keep(NEW)
    agent_token.spread()
    assert (place / "PASSWD_FILE").read_text() == PASSWD.format(NEW)
    assert stat.S_IMODE((place / "PASSWD_FILE").stat().st_mode) == 0o600
    assert (place / "log").read_text().startswith("certificate rotate-ca --path /")


def test_a_datastore_that_does_not_take_it_is_told(place: Path) -> None:
    program(place, "echo no quorum; exit 1")
    agent_token.keep(NEW)
    with pytest.raises(agent_token.Failed, match="does not know the new token: no quorum"):
        agent_token.spread()


def test_a_list_without_agents_is_left_alone(place: Path) -> None:
    (place / "PASSWD_FILE").write_text("secret,server,server,k3s:server\n")
    with pytest.raises(agent_token.Failed, match="names no user node"):
        agent_token.spread()
    assert not (place / "log").exists()


def test_all_else_in_the_list_stays() -> None:
    text = 'x,a,a,"g1,g2"\nold,node,node,k3s:agent\n\n'
    assert agent_token.admitting(text, "new") == 'x,a,a,"g1,g2"\nnew,node,node,k3s:agent\n\n'


@pytest.mark.parametrize(("state", "outweighed"), [("active", False), ("activating", True), ("inactive", True)])
def test_the_list_of_a_server_that_does_not_run_is_outweighed(
    place: Path, monkeypatch: pytest.MonkeyPatch, state: str, outweighed: bool
) -> None:
    monkeypatch.setattr(agent_token.host, "unit", lambda: {"state": state})
    agent_token.outweigh()
    assert ((place / "PASSWD_FILE").stat().st_mtime == 0) == outweighed


def test_former_tokens_have_to_be_refused_and_the_new_one_taken(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    agent_token.keep(NEW)
    answering(monkeypatch, old=401, new=200)
    assert agent_token.prove()
    agent_token.forget()
    assert not agent_token.prove()


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ({"old": 200, "new": 200}, "still lets agents in with a former token"),
        ({"old": 200, "new": 401}, "does not take the token that agents are to enter with"),
        ({"old": 401, "new": 404}, "does not take the token that agents are to enter with"),
        ({"old": 503, "new": 200}, "can't be told, the server on this host says 503"),
    ],
)
def test_whatever_else_a_server_says_proves_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch, statuses: dict, expected: str
) -> None:
    agent_token.keep(NEW)
    answering(monkeypatch, **statuses)
    with pytest.raises(agent_token.Failed, match=expected):
        agent_token.prove()


def test_an_agent_has_entered_when_its_service_is_active(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "PASSWD_FILE").unlink()
    monkeypatch.setattr(agent_token, "ACTIVE_SECONDS", 0)
    monkeypatch.setattr(agent_token.host, "unit", lambda: {"state": "active"})
    assert not agent_token.prove()
    monkeypatch.setattr(agent_token.host, "unit", lambda: {"state": "activating"})
    with pytest.raises(agent_token.Failed, match="is activating, expected active"):
        agent_token.prove()
