from __future__ import annotations

import json

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.done import Done
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases import postgres
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.errors import (
    DatabaseError,
    NotRunning,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.sentinels import Counted

REFUSED = 'psql: error: connection to server at "127.0.0.1", port 5432 failed: Connection refused\n\tIs it running?'


def output(*objects):
    return "\n".join(json.dumps(one) for one in objects) + "\n"


def rows(database, schema, table, number):
    return {"database": database, "schema": schema, "table": table, "rows": number}


WHOLE = (
    {"databases": 2},
    rows("masterdata", "public", "projects", 2),
    rows("masterdata", "own", "things", 3),
    {"list": "projects", "database": "masterdata", "name": "b"},
    {"list": "projects", "database": "masterdata", "name": "a"},
    {"counted": "masterdata"},
    rows("other", "public", "tenants", 4),
    {"list": "tenants", "database": "other", "name": "not ours"},
    {"list": "projects", "database": "other", "name": "not ours"},
    {"counted": "other"},
    {"main": "masterdata"},
)


def test_what_one_reads_is_counted():
    assert postgres.counted(Done(0, output(*WHOLE), "")) == Counted(
        {"projects": 2, "own.things": 3, "other.public.tenants": 4}, {"projects": ["b", "a"]}
    )


def test_an_empty_database_is_one_that_was_counted():
    found = postgres.counted(Done(0, output({"databases": 1}, {"counted": "a"}, {"main": "a"}), ""))
    assert found == Counted({}, {})


@pytest.mark.parametrize(
    "part",
    [WHOLE[:0], WHOLE[:1], WHOLE[:6], WHOLE[:-1], [one for one in WHOLE if one != {"counted": "other"}]],
    ids=["nothing", "no database", "one database", "no end", "a database without an end"],
)
def test_an_output_that_is_not_whole_is_an_error(part):
    with pytest.raises(DatabaseError, match="before all databases were counted"):
        postgres.counted(Done(0, output(*part), ""))


@pytest.mark.parametrize("text", ['{"databases": 1', "1", "psql: what\n"])
def test_what_is_no_answer_is_an_error(text):
    with pytest.raises(DatabaseError, match="it answered"):
        postgres.counted(Done(0, text, ""))


@pytest.mark.parametrize(
    ("errors", "kind", "said"),
    [
        (REFUSED, NotRunning, "does not answer: psql: error: connection"),
        ("psql: error: FATAL:  the database system is starting up", NotRunning, "starting up"),
        ("psql: error: FATAL:  the database system is shutting down", NotRunning, "shutting down"),
        ('psql: error: FATAL:  password authentication failed for user "postgres"', DatabaseError, "password"),
        ("sh: 1: psql: not found", DatabaseError, "refuses: sh: 1: psql"),
        ("ERROR:  canceling statement due to statement timeout", DatabaseError, "statement timeout"),
        ("", DatabaseError, "exit code 2"),
    ],
)
@pytest.mark.parametrize("ask", [postgres.answers, postgres.counted])
def test_one_that_is_down_is_told_from_one_that_refuses(ask, errors, kind, said):
    with pytest.raises(DatabaseError, match=said) as caught:
        ask(Done(2, "", errors))
    assert type(caught.value) is kind


def test_one_that_answers_a_question_runs():
    postgres.answers(Done(0, "1\n", ""))
    with pytest.raises(DatabaseError, match="answered ''"):
        postgres.answers(Done(0, "", ""))


def test_the_password_is_named_by_its_variable_alone():
    for command in (postgres.alive(), postgres.count(30)):
        assert command[:2] == ["sh", "-c"] and 'PGPASSWORD="$POSTGRES_PASSWORD"' in command[2]
    assert postgres.count(30)[3:] == ["30"]
