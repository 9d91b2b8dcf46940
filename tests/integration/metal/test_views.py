"""What every kind that is only read does in the same way, on both servers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.modules import metal_machine_info
from case_machine import DEAD, MACHINE, PROJECT
from case_machine import V1 as MACHINES_V1
from case_switch import SWITCH
from case_view import Entry, ViewCase
from fake import world
from fake.v1 import shapes
from metalstack.api.v2 import size_reservation_pb2

CASES = [MACHINE, SWITCH]
CHOSEN = [(case, *choice) for case in CASES for choice in case.chosen]
of_every_kind = pytest.mark.parametrize("case", CASES, ids=[case.kind for case in CASES])


@of_every_kind
def test_both_apis_are_read_in_one_form(case: ViewCase, server: Any, call: Any) -> None:
    case.put(server)
    result = call(server, case.info)
    assert result[case.plural] == case.expected
    assert (result["total"], result["missing"], result["changed"]) == (len(case.expected), [], False)
    assert server.world.writes() == []
    assert len(server.world.requests) == 1


def test_the_rows_are_as_the_description_of_api_v1_has_them() -> None:
    assert [shapes.check("V1MachineResponse", one) for one in MACHINES_V1] == [None] * 3


@pytest.mark.parametrize(
    ("case", "options", "ids"), CHOSEN, ids=[f"{case.kind}-{options}" for case, options, _ids in CHOSEN]
)
def test_an_option_chooses(case: ViewCase, options: Entry, ids: list[str], server: Any, call: Any) -> None:
    case.put(server)
    assert [one["id"] for one in call(server, case.info, **options)[case.plural]] == ids


@of_every_kind
def test_ids_are_read_in_their_order_and_those_that_are_not_there_told(case: ViewCase, server: Any, call: Any) -> None:
    case.put(server)
    first, second, *_others = case.ids
    result = call(server, case.info, ids=[second, "none", first, second])
    assert ([one["id"] for one in result[case.plural]], result["missing"]) == ([second, first], ["none"])


@of_every_kind
def test_no_more_than_the_limit_are_returned(case: ViewCase, server: Any, call: Any) -> None:
    case.put(server)
    result = call(server, case.info, limit=1)
    assert ([one["id"] for one in result[case.plural]], result["total"]) == (case.ids[:1], len(case.ids))


@of_every_kind
def test_a_limit_of_none_is_refused(case: ViewCase, server: Any, call: Any) -> None:
    assert "limit: expected a number from 1 on, found 0" in call(server, case.info, limit=0)["msg"]


@of_every_kind
def test_a_server_without_any_is_read_as_empty(case: ViewCase, server: Any, call: Any) -> None:
    result = call(server, case.info)
    assert (result[case.plural], result["total"]) == ([], 0)


@of_every_kind
@pytest.mark.parametrize("server", ["v2"], indirect=True)
def test_who_only_looks_needs_an_admin_role(case: ViewCase, server: Any, call: Any) -> None:
    assert "total" in call(server, case.info, api_token=world.token(role="viewer"))
    refused = call(server, case.info, api_token=world.token(role=""))
    assert "reading needs a token of an admin role" in refused["msg"]


def test_no_secret_is_told(server: Any, call: Any) -> None:
    MACHINE.put(server)
    rows = str(server.tables["machine"].rows)
    assert all(secret in rows for secret in MACHINE.secrets[:3])
    told = json.dumps(call(server, metal_machine_info, capacity=True))
    assert [secret for secret in MACHINE.secrets if secret in told] == []


ZERO = {
    "total": 0,
    "allocated": 0,
    "allocatable": 0,
    "free": 0,
    "unavailable": 0,
    "faulty": 0,
    "faulty_machines": [],
    "phoned_home": 0,
    "waiting": 0,
    "other": 0,
    "other_machines": [],
    "reservations": 0,
    "used_reservations": 0,
    "remaining_reservations": 0,
}
M1: Entry = {
    **ZERO,
    "partition": "fra",
    "size": "m1",
    "total": 2,
    "allocated": 1,
    "allocatable": 1,
    "phoned_home": 1,
    "waiting": 1,
    "reservations": 2,
    "used_reservations": 1,
    "remaining_reservations": 1,
}
M2: Entry = {
    **ZERO,
    "partition": "muc",
    "size": "m2",
    "total": 1,
    "unavailable": 1,
    "faulty": 1,
    "faulty_machines": [DEAD],
    "other": 1,
    "other_machines": [DEAD],
}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [M1, M2]),
        ({"partition": "muc"}, [M2]),
        ({"size": "m1"}, [M1]),
        ({"size": "m1", "project": PROJECT}, [{**M1, "free": 1}]),
    ],
)
def test_machines_are_counted(options: Entry, expected: list[Entry], server: Any, call: Any) -> None:
    """What is reserved is not free, but for whom it is reserved."""
    MACHINE.put(server)
    reservation: Any = {"id": "r1", "sizeid": "m1", "partitionids": ["fra"], "projectid": PROJECT, "amount": 2}
    if server.version == "v2":
        reservation = size_reservation_pb2.SizeReservation(
            id="r1", size="m1", partitions=["fra"], project=PROJECT, amount=2
        )
    server.tables["size_reservation"].put(reservation)
    assert call(server, metal_machine_info, capacity=True, **options)["capacity"] == expected


def test_machines_are_not_counted_unasked(server: Any, call: Any) -> None:
    MACHINE.put(server)
    assert "capacity" not in call(server, metal_machine_info)
    assert len(server.world.requests) == 1
