"""What every kind does in the same way, on both servers: one line a kind in `cases.py`."""

from __future__ import annotations

from typing import Any

import pytest
from case import Case
from cases import CASES

pytestmark = pytest.mark.parametrize("case", CASES, ids=[case.kind for case in CASES])


def test_made_then_unchanged_then_changed_then_removed(case: Case, server: Any, call: Any) -> None:
    case.prepare(server)
    new = case.new[server.version]
    absent = [case.absent(server)]
    for entries, verb in (([new], "created"), ([{**new, **case.change}], "updated"), (absent, "removed")):
        name = case.id(server)
        would = call(server, case.module, check=True, **{case.plural: entries})
        assert (would["changed"], would[verb]) == (True, [name])
        assert server.world.writes() == []
        did = call(server, case.module, **{case.plural: entries})
        assert did["diff"] == would["diff"]
        assert (did["changed"], did[verb]) == (True, [case.id(server) if verb == "created" else name])
        assert len(server.world.writes()) == 1
        again = call(server, case.module, **{case.plural: entries})
        assert (again["changed"], again["diff"]) == (False, {"before": {}, "after": {}})
        server.world.requests.clear()


def test_what_is_made_is_read_as_it_was_given(case: Case, server: Any, call: Any) -> None:
    case.prepare(server)
    new = case.new[server.version]
    made = call(server, case.module, **{case.plural: [new]})[case.plural]
    info = call(server, case.info)
    assert info[case.plural] == made
    assert {name: value for name, value in made[0].items() if name in new} == new
    assert made[0].get("created_at") == made[0].get("updated_at")


def test_a_change_sends_and_shows_what_differs(case: Case, server: Any, call: Any) -> None:
    case.prepare(server)
    new = case.new[server.version]
    call(server, case.module, **{case.plural: [new]})
    result = call(server, case.module, **{case.plural: [{**new, **case.change}]})
    assert result["diff"]["after"] == {case.id(server): case.change}
    assert call(server, case.info)[case.plural] == result[case.plural]


def test_info_tells_ids_that_are_not_there(case: Case, server: Any, call: Any) -> None:
    case.prepare(server)
    call(server, case.module, **{case.plural: [case.new[server.version]]})
    info = call(server, case.info, ids=["none-1.0", case.id(server)])
    assert ([one["id"] for one in info[case.plural]], info["missing"]) == ([case.id(server)], ["none-1.0"])


def test_an_option_chooses_what_is_read(case: Case, server: Any, call: Any) -> None:
    case.prepare(server)
    new = case.new[server.version]
    call(server, case.module, **{case.plural: [new]})
    marks = (({"labels": new["labels"], "owner": ""}, {"owner": "site-a"}),) if "labels" in new else ()
    for choosing, passing in (*case.chosen, *marks):
        assert [one["id"] for one in call(server, case.info, **choosing)[case.plural]] == [case.id(server)], choosing
        passed = call(server, case.info, ids=[case.id(server)], **passing)
        assert (passed[case.plural], passed["missing"]) == ([], [case.id(server)]), passing


def test_what_is_in_use_is_not_removed(case: Case, server: Any, call: Any) -> None:
    if not case.told:
        pytest.skip("needed by nothing")
    case.prepare(server)
    call(server, case.module, **{case.plural: [case.new[server.version]]})
    for number, (table, row) in enumerate(case.users[server.version]):
        server.tables[table].put(row)
        server.world.requests.clear()
        result = call(server, case.module, **{case.plural: [case.absent(server)]})
        assert result["failed"]
        assert case.told[number] in result["msg"]
        assert server.world.writes() == []
        used = call(server, case.info, usage=True)[case.plural][0]["used_by"]
        assert used == [case.told[number]]
        server.tables[table].rows.clear()
