"""Commands that end well, badly, late, or that do not begin."""

from __future__ import annotations

from ansible_collections.metalstack.autonomous.plugins.module_utils._k3s import command


def test_output_is_given_whole() -> None:
    done = command.run("sh", "-c", "echo one; echo two >&2")
    assert (done.status, done.output) == (0, "one\n")


def test_what_failed_is_told_by_its_last_words() -> None:
    done = command.run("sh", "-c", "seq 9; echo; echo broken >&2; exit 3")
    assert (done.status, done.said) == (3, "8 | 9 | broken")
    assert command.run("sh", "-c", "exit 3").said == "exit status 3"


def test_what_does_not_begin_or_end_is_told() -> None:
    assert command.run("/nonexistent").status == -1 and "nonexistent" in command.run("/nonexistent").said
    late = command.run("sleep", "9", seconds=0.1)
    assert late.status == -1 and "timed out" in late.said


def test_a_secret_is_given_by_the_environment() -> None:
    assert command.run("sh", "-c", "echo $SECRET", environment={"SECRET": "s"}).output == "s\n"
