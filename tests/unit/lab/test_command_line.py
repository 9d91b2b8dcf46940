from __future__ import annotations

import pytest

from lab import verbs
from lab.__main__ import parse


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["exec", "--", "ansible-playbook", "-i", "x"], ["ansible-playbook", "-i", "x"]),
        (["exec", "ip", "-brief", "address"], ["ip", "-brief", "address"]),
        (["exec", "--", "a", "--", "b"], ["a", "--", "b"]),
        (["ssh", "server1", "--", "ls", "-l"], ["ls", "-l"]),
        (["ssh", "server1"], []),
    ],
)
def test_options_of_the_command_are_left_to_it(words, command):
    assert parse(words).command == command


@pytest.mark.parametrize(
    "words", [[], ["fly"], ["exec"], ["exec", "--"], ["ssh"], ["logs"], ["partition"], ["up", "server1"], ["k3s"]]
)
def test_a_line_that_says_too_little_or_too_much_is_refused(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        parse(words)

    assert stopped.value.code == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["kill", "start", "reboot", "wipe", "freeze", "thaw"])
def test_hosts_are_named_or_all(verb):
    assert parse([verb, "server1", "server2"]).hosts == ["server1", "server2"]
    assert parse([verb, "--all"]).all
    assert parse([verb, "--all"]).run is getattr(verbs, verb)


def test_hosts_that_leave_for_good_are_named():
    assert parse(["remove", "ns1", "agent1"]).hosts == ["ns1", "agent1"]
    with pytest.raises(SystemExit):
        parse(["remove"])


def test_freeze_takes_a_unit():
    assert parse(["freeze", "server1", "--unit", "k3s.service"]).unit == "k3s.service"
    assert parse(["freeze", "server1"]).unit is None


@pytest.mark.parametrize(("words", "fresh"), [(["up"], False), (["up", "--fresh"], True)])
def test_up_keeps_what_is_there_unless_told_otherwise(words, fresh):
    assert parse(words).fresh is fresh
