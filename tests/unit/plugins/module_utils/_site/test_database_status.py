"""The backups of metal-stack's databases, as the playbook status judges them."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import database_status, status_text
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import site

OURS = site(site_metal_stack=True, site_metal_stack_storage={"bucket": "b"})
GOOD = {
    "database": "metal-db", "wrong": "", "interval": 180, "waits": "", "created_age": 10**6,
    "unanswered": "", "count": 480, "age": 120, "bytes": 1 << 20,
    "change": 0.1, "suspect": "", "saved": "2026-11-29T01:00:00+00:00", "saved_age": 7200,
}  # fmt: skip
RUN = {"tried": 1e12, "age": 60.0, "error": "", "drops": [], "success": 1e12}
NONE = {"age": None, "bytes": None, "count": 0, "saved": "", "saved_age": None}


def describe(*runs, **changed):
    """Of as many servers as there are runs, one without any."""
    seen = [{**GOOD, **changed}]
    known = [{"metal-db": {**RUN, **one}} for one in runs] or [{}]
    found = {f"server{number}": {"databases": {"seen": seen, "runs": one}} for number, one in enumerate(known)}
    return database_status.describe(OURS, found)


def test_one_that_is_well_is_shown_and_nothing_found():
    (row,), findings = describe({})
    assert findings == [] and (row["age"], row["count"], row["error"]) == (120, 480, "")


@pytest.mark.parametrize(
    ("changed", "condition", "seen"),
    [
        ({"age": 661}, "backed up in time", "661 s ago"),
        ({"age": None, "bytes": None, "count": 0}, "was backed up", "no backup"),
        ({**NONE, "created_age": 661}, "was backed up", "no backup"),
        ({**NONE, "interval": None, "saved_age": 1, "created_age": 51 * 3600}, "was backed up", "no backup"),
        ({"saved_age": None, "saved": "", "created_age": 51 * 3600}, "holds was saved", "never"),
        ({"wrong": "no StatefulSet", **NONE}, "sidecar backs it up", "no StatefulSet"),
        ({"suspect": "half"}, "as large as those before", "half"),
        ({"saved_age": 51 * 3600}, "holds was saved", "51 h ago"),
        ({"saved_age": None, "saved": ""}, "holds was saved", "never"),
        ({"unanswered": "403"}, "lists its backups", "403"),
        ({"waits": "it is held"}, "its data are there", "it is held"),
    ],
)
def test_what_does_not_hold_is_told_once(changed, condition, seen):
    _rows, (finding,) = describe({}, **changed)
    assert condition in finding["condition"] and finding["seen"] == seen and finding["host"] == "metal-db"


@pytest.mark.parametrize(
    "changed", [{"age": 659}, {"interval": None, "age": 10**6}, {"saved_age": 49 * 3600}, {**NONE, "created_age": 659}]
)
def test_what_is_in_time_is_not_told(changed):
    assert describe({}, **changed)[1] == []


@pytest.mark.parametrize(
    ("run", "told"), [({}, 0), ({"holds": True}, 1), ({"age": 51 * 3600.0}, 1), ({"error": "x"}, 1)]
)
def test_one_that_never_held_anything_has_nothing_to_be_saved(run, told):
    assert len(describe({"holds": False, **run}, saved="", saved_age=None)[1]) == told


def test_one_server_a_night_is_enough():
    assert describe({"error": "less"}, {})[1] == []
    _rows, (finding,) = describe({"error": "more"}, {"error": "less"})
    assert finding["seen"] == "less"
    assert describe({"error": "less", "tried": 0.0})[1] == []


def test_a_cluster_that_gives_no_answer_is_told_unless_another_server_has_one():
    silent = {"unanswered": "refused", "runs": {}}
    _rows, (finding,) = database_status.describe(OURS, {"server1": {"databases": silent}})
    assert finding["seen"] == "refused"
    seen = {"server1": {"databases": silent}, "server2": {"databases": {"seen": [GOOD], "runs": {}}}}
    assert database_status.describe(OURS, seen)[1] == []


@pytest.mark.parametrize(
    ("changed", "told"),
    [({}, 1), ({"site_metal_stack_storage": {}}, 0), ({"site_metal_stack": False}, 0)],
)
def test_that_no_server_looks_after_them_is_told_of_a_site_that_has_any(changed, told):
    ours = site(**{"site_metal_stack": True, "site_metal_stack_storage": {"bucket": "b"}, **changed})
    rows, findings = database_status.describe(ours, {"server1": {}})
    assert rows == [] and len(findings) == told
    assert database_status.describe(ours, {})[1] == []


@pytest.mark.parametrize(
    ("changed", "result"),
    [
        ({}, "good"),
        ({"wrong": "x"}, "not found"),
        ({"waits": "x"}, "waits"),
        ({"unanswered": "x"}, "no answer"),
        ({"suspect": "x"}, "suspect"),
    ],
)
def test_the_table_says_in_a_word_how_they_are(changed, result):
    (row,), _findings = describe({}, **changed)
    assert status_text.database_result(row) == result
    assert describe({"error": "x"})[0][0]["error"] == "x"
