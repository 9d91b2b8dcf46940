"""What apt-get and dpkg are asked, and what becomes of their answers."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._debian import apt

NEWER = "Inst aaa [1] (2 Debian-Security:13/stable-security [all])\nInst ccc [1] (2 Debian:13/stable [all])\n"
SECURITY = "Inst aaa [1] (2 Debian-Security:13/stable-security [all])\nInst eee (1 Debian:13/stable [all])\n"
PACKAGE = {"name": "aaa", "from": "1", "to": "2", "security": True}


class Host:
    """Answers by the last of the given words that a command has; keeps what it was asked."""

    def __init__(self, **answers: tuple[int, str]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, command: list[str], environ_update: dict[str, str]) -> tuple[int, str, str]:
        assert environ_update["DEBIAN_FRONTEND"] == "noninteractive"
        self.asked.append(" ".join(command))
        found = [answer for word, answer in self.answers.items() if word.replace("_", "-") in command]
        code, output = found[-1] if found else (0, "")
        return code, output, ""

    def count(self, *words: str) -> int:
        return len([asked for asked in self.asked if all(word in asked.split() for word in words)])


def test_security_updates_come_with_what_they_need() -> None:
    host = Host(dist_upgrade=(0, NEWER), install=(0, SECURITY), showhold=(0, ""))
    found = apt.Apt(host).facts("security")
    assert (found["packages"], found["added"], found["removals"]) == ([PACKAGE], ["eee"], [])
    assert host.count("install", "--only-upgrade", "aaa=2") == 1
    assert host.count("ccc=2") == 0


def test_a_host_that_has_everything_is_asked_once() -> None:
    host = Host()
    assert apt.Apt(host).facts("all")["packages"] == []
    assert host.count("--simulate") == 1


def test_only_what_has_a_newer_version_is_called_held() -> None:
    kept = "The following packages have been kept back:\n  bbb ddd\n"
    found = apt.Apt(Host(dist_upgrade=(0, kept), showhold=(0, "bbb\nother\n"))).facts("security")
    assert (found["held"], found["kept"]) == (["bbb"], ["ddd"])


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((124, ""), "the package lists were not there within 7 s"),
        ((100, "E: Failed to fetch http://x\n"), "could not be fetched: E: Failed to fetch http://x"),
    ],
)
def test_lists_that_can_not_be_fetched_are_an_error(answer: tuple[int, str], expected: str) -> None:
    with pytest.raises(apt.AptError, match=expected):
        apt.Apt(Host(update=answer)).refresh(7)


@pytest.mark.parametrize("answer", [(0, ""), (100, "E: no\n")])
def test_what_came_by_itself_still_counts_as_that(answer: tuple[int, str]) -> None:
    host = Host(install=answer, showauto=(0, "aaa\n"))
    try:
        apt.Apt(host).install([PACKAGE, {**PACKAGE, "name": "ccc"}])
    except apt.AptError:
        assert answer[0] != 0
    assert host.count("--no-remove", "install", "aaa=2", "ccc=2") == 1
    assert host.asked[-1] == "apt-mark auto aaa"


def test_nothing_is_marked_where_all_was_wished_for() -> None:
    host = Host()
    apt.Apt(host).install([PACKAGE])
    assert host.count("auto") == 0


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ("aaa installed\nbbb config-files\nccc not-installed\n", []),
        ("fff half-configured\naaa triggers-pending\nggg unpacked\n", ["aaa", "fff", "ggg"]),
    ],
)
def test_what_ended_half_way_is_told(states: str, expected: list[str]) -> None:
    host = Host(**{"--show": (0, states)})
    assert apt.Apt(host).unfinished() == expected


@pytest.mark.parametrize(
    ("told", "version"),
    [
        ("1.112.0+ds1-2 installed\n", "1.112.0+ds1-2"),
        ("1.112.0+ds1-2 config-files\n", ""),
        (" not-installed\n", ""),
        ("", ""),
    ],
    ids=["there", "removed", "known", "unknown"],
)
def test_a_package_has_a_version_while_it_is_there(told: str, version: str) -> None:
    host = Host(**{"--show": (0, told)})
    assert apt.Apt(host).version("victoria-metrics") == version
    assert host.count("dpkg-query", "victoria-metrics") == 1


@pytest.mark.parametrize(("left", "asked", "said"), [(2, 3, ""), (1000, 121, "dpkg: error: dpkg frontend lock was")])
def test_what_still_installs_is_waited_for(left: int, asked: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was killed may have left a dpkg that goes on by itself."""
    locked = "dpkg: error: dpkg frontend lock was locked by another process with pid 7\n"
    now = [0.0]
    monkeypatch.setattr(apt.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(apt.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    answers = iter([(2, "", locked)] * left + [(0, "", "")])
    calls: list[list[str]] = []
    debian = apt.Apt(lambda command, **_: calls.append(command) or next(answers))
    assert debian.finish().startswith(said)
    assert len(calls) == asked
