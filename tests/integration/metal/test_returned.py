"""What the documentation says that a module returns is what it returns, by both APIs."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from case import Case
from case_machine import MACHINE
from case_switch import SWITCH
from case_view import Entry, ViewCase
from cases import CASES
from fake.world import Fault

# Of every module, and told by Ansible's own documentation.
COMMON = {"changed", "diff"}
of_every_kind = pytest.mark.parametrize("case", CASES, ids=[case.kind for case in CASES])


def documented(values: Entry, server: Any, *options: str) -> set[str]:
    """The names among these that are returned by this API, and with these options."""
    ways = {"", "success", f"by API {server.version}", *(f"with O({option})" for option in options)}
    return {name for name, value in values.items() if value.get("returned", "").split(",")[0] in ways}


def returned(module: Any) -> Entry:
    values: Entry = yaml.safe_load(module.RETURN)
    return values


@of_every_kind
def test_an_object_has_what_is_said_of_it(case: Case, server: Any, call: Any) -> None:
    case.prepare(server)
    call(server, case.module, **{case.plural: [case.new[server.version]]})
    for options in ((), ("usage",)):
        result = call(server, case.info, **dict.fromkeys(options, True))
        told = returned(case.info)
        assert set(result) - COMMON == documented(told, server, *options)
        (one,) = result[case.plural]
        assert set(one) == documented(told[case.plural]["contains"], server, *options)


@of_every_kind
def test_a_list_that_is_brought_about_tells_what_is_said_of_it(case: Case, server: Any, call: Any) -> None:
    case.prepare(server)
    told = returned(case.module)
    task = {case.plural: [case.new[server.version]]}
    assert set(call(server, case.module, **task)) - COMMON == documented(told, server)


@of_every_kind
def test_what_is_said_of_a_partial_failure_is_told(case: Case, server: Any, call: Any) -> None:
    """The one object is refused: nothing of it was done, and all of it is told."""
    case.prepare(server)
    server.world.faults.append(
        Fault("PUT /v1" if server.version == "v1" else "/Create", status=REFUSES[server.version])
    )
    result = call(server, case.module, **{case.plural: [case.new[server.version]]})
    partial = {name for name, value in returned(case.module).items() if "could not be changed" in value["returned"]}
    assert set(result) - COMMON - {"failed", "msg"} == {*partial, "problems"}
    assert (result["created"], len(result["problems"])) == ([], 1)


REFUSES = {"v1": 400, "v2": "invalid_argument"}


@pytest.mark.parametrize("case", [MACHINE, SWITCH], ids=["machine", "switch"])
def test_what_is_only_read_has_what_is_said_of_it(case: ViewCase, server: Any, call: Any) -> None:
    case.put(server)
    more = ("capacity",) if case is MACHINE else ()
    result = call(server, case.info, **dict.fromkeys(more, True))
    told = returned(case.info)
    assert set(result) - COMMON == documented(told, server, *more)
    for plural in (case.plural, *more):
        assert all(set(one) == documented(told[plural]["contains"], server) for one in result[plural])
