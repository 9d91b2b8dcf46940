"""The token of the servers exchanged on a host, with a k3s that does as it is told here."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import layout, retoken, tokens
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import secrets

OLD, NEW = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
BEFORE = tokens.fingerprint(OLD)
SECURE = f"K10{'0' * 64}::server:{{}}\n"
# Makes a token where it is asked with the right one, and does not take others, as k3s does.
PROGRAM = """#!/bin/sh
echo "$*" >>{log}
[ "$K3S_TOKEN" = "$(cat {known})" ] || {{ echo 'not authorized'; exit 1; }}
[ "$1" = token ] || exit 0
{make}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("TOKEN_FILE", "WRITTEN_TOKEN_FILE", "FORMER_TOKEN_FILE"):
        monkeypatch.setattr(layout, name, str(tmp_path / name))
    monkeypatch.setattr(layout, "BINARY", str(tmp_path / "k3s"))
    monkeypatch.setattr(retoken, "WRITTEN_SECONDS", 0.1)
    (tmp_path / "known").write_text(OLD)
    (tmp_path / "TOKEN_FILE").write_text(OLD)
    (tmp_path / "WRITTEN_TOKEN_FILE").write_text(SECURE.format(OLD))
    program(tmp_path, f"printf %s '{SECURE.format(NEW)}' >{tmp_path}/WRITTEN_TOKEN_FILE")
    return tmp_path


def program(place: Path, make: str) -> None:
    (place / "k3s").write_text(PROGRAM.format(log=place / "log", known=place / "known", make=make))
    (place / "k3s").chmod(0o755)


def asked(place: Path) -> list[str]:
    log = place / "log"
    return log.read_text().splitlines() if log.exists() else []


@pytest.mark.parametrize(
    ("text", "expected"), [(OLD, BEFORE), (f"{OLD}\n", BEFORE), (SECURE.format(OLD), BEFORE), ("", ""), (" \n", "")]
)
def test_fingerprints_are_of_the_secret_part(text: str, expected: str) -> None:
    assert tokens.fingerprint(text) == expected


def test_k3s_makes_a_token_and_the_former_one_is_kept_for_the_proof(place: Path) -> None:
    retoken.exchange(BEFORE)
    assert (place / "TOKEN_FILE").read_text() == NEW
    assert (place / "FORMER_TOKEN_FILE").read_text() == OLD
    assert stat.S_IMODE((place / "TOKEN_FILE").stat().st_mode) == 0o600
    assert stat.S_IMODE((place / "FORMER_TOKEN_FILE").stat().st_mode) == 0o600
    assert asked(place) == ["token rotate"]


def test_one_that_was_made_is_kept_and_no_further_one_made(place: Path) -> None:
    (place / "WRITTEN_TOKEN_FILE").write_text(SECURE.format(NEW))
    retoken.exchange(BEFORE)
    assert ((place / "TOKEN_FILE").read_text(), (place / "FORMER_TOKEN_FILE").read_text()) == (NEW, OLD)
    assert asked(place) == []


def test_what_is_done_is_not_written_again(place: Path) -> None:
    retoken.exchange(BEFORE)
    times = [(place / name).stat().st_mtime_ns for name in ("TOKEN_FILE", "FORMER_TOKEN_FILE")]
    retoken.exchange(BEFORE)
    assert [(place / name).stat().st_mtime_ns for name in ("TOKEN_FILE", "FORMER_TOKEN_FILE")] == times


@pytest.mark.parametrize("make", ["echo no quorum; exit 1", "exit 0"])
def test_without_another_token_nothing_is_changed_and_none_is_told(place: Path, make: str) -> None:
    program(place, make)
    with pytest.raises(retoken.Failed) as failure:
        retoken.exchange(BEFORE)
    assert OLD not in str(failure.value)
    assert (place / "TOKEN_FILE").read_text() == OLD
    assert not (place / "FORMER_TOKEN_FILE").exists()


def test_a_file_with_a_third_token_is_left_alone(place: Path) -> None:
    (place / "TOKEN_FILE").write_text("some other")
    with pytest.raises(retoken.Failed, match="holds another token"):
        retoken.exchange(BEFORE)
    assert asked(place) == []


def test_the_former_token_has_to_be_refused(place: Path) -> None:
    retoken.exchange(BEFORE)
    with pytest.raises(retoken.Failed, match="does not take the token that it is to be started with"):
        retoken.prove()
    (place / "known").write_text(NEW)
    assert retoken.prove()
    retoken.forget()
    assert not retoken.prove()


def test_one_that_is_still_taken_is_told(place: Path) -> None:
    (place / "k3s").write_text("#!/bin/sh\nexit 0\n")
    (place / "FORMER_TOKEN_FILE").write_text(OLD)
    (place / "TOKEN_FILE").write_text(NEW)
    with pytest.raises(retoken.Failed, match="still takes the former token"):
        retoken.prove()


def test_a_server_that_does_not_run_proves_nothing(place: Path) -> None:
    (place / "k3s").write_text(f'#!/bin/sh\n[ "$K3S_TOKEN" = {NEW} ] && exit 0\necho connection refused; exit 1\n')
    (place / "FORMER_TOKEN_FILE").write_text(OLD)
    (place / "TOKEN_FILE").write_text(NEW)
    with pytest.raises(retoken.Failed, match="can't be told: connection refused"):
        retoken.prove()


def test_a_fingerprint_is_the_one_that_escrowed_copies_are_compared_by() -> None:
    assert tokens.fingerprint(OLD) == secrets.fingerprint(OLD)
