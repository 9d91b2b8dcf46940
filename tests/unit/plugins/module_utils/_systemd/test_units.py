from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._systemd.units import (
    Running,
    digest_of,
    parse_show,
    program_of,
    signed,
    stale,
    starts,
)

UNIT = "[Service]\nExecStart=/usr/local/bin/example --flag\n"


def test_a_service_carries_a_digest_of_itself_and_of_what_it_reads() -> None:
    first = digest_of(signed(UNIT, {"/etc/a": "1"}))
    assert first == digest_of(signed(UNIT, {"/etc/a": "1"}))
    assert first != digest_of(signed(UNIT, {"/etc/a": "2"}))
    assert first != digest_of(signed(UNIT + "Nice=1\n", {"/etc/a": "1"}))


def test_a_unit_that_starts_nothing_is_left_as_it_is() -> None:
    assert signed("[Timer]\nOnBootSec=1\n", {}) == "[Timer]\nOnBootSec=1\n"


def test_the_program_is_read_behind_systemd_s_prefixes() -> None:
    assert program_of("[Service]\nExecStart=-/usr/bin/true\n") == "/usr/bin/true"


def test_several_units_are_read_from_one_answer() -> None:
    shown = parse_show("Id=a.service\nMainPID=0\n\nId=b.service\nMainPID=12\n")
    assert {name: fields["MainPID"] for name, fields in shown.items()} == {"a.service": "0", "b.service": "12"}


CONTENT = signed(UNIT, {})
CURRENT = Running(active=True, pid=12, digest=digest_of(CONTENT), executable="/opt/example/v2/example")


@pytest.mark.parametrize(
    ("running", "expected"),
    [
        (CURRENT, False),
        (CURRENT._replace(digest="older"), True),
        (CURRENT._replace(digest=""), True),
        (CURRENT._replace(executable="/opt/example/v1/example"), True),
        (CURRENT._replace(active=False, pid=0, digest=""), False),
    ],
)
def test_a_service_is_stale_when_it_was_started_with_something_else(running: Running, expected: bool) -> None:
    assert stale(running, CONTENT, "/opt/example/v2/example") is expected


BOUND = {"bound_to": "other.service"}


@pytest.mark.parametrize(
    ("unit", "itself", "other", "expected"),
    [
        ({}, Running(), Running(), (["a.service"], [])),
        ({}, Running(active=True), Running(), ([], [])),
        ({"state": "stopped"}, Running(), Running(), ([], [])),
        (BOUND, Running(), Running(), ([], [])),
        (BOUND, Running(), Running(active=True), (["a.service"], [])),
        (BOUND, Running(), Running(active=True, starting=True), ([], ["a.service"])),
        (BOUND, Running(active=True), Running(active=True, starting=True), ([], [])),
    ],
    ids=["free", "runs", "not wanted", "its carrier is down", "its carrier runs", "its carrier starts", "runs already"],
)
def test_a_bound_unit_is_started_with_what_carries_it(
    unit: dict, itself: Running, other: Running, expected: tuple[list[str], list[str]]
) -> None:
    assert starts({"a.service": unit}, {"a.service": itself, "other.service": other}) == expected
