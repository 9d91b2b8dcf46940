"""Keys for transfers take one another's place in a database, and nobody is left without one that is accepted."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import transfer_keys
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.transfer_keys import (
    ACCEPTED,
    ALLOWED,
    ASKED_WITH,
    ONLY,
    STEPS,
    UPDATED_WITH,
    USED,
    Keys,
    Rule,
)

OLD, NEW, FORMER = "old.invalid.", "new.invalid.", "former.invalid."
SCHEMA = """
CREATE TABLE domains (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE domainmetadata (id INTEGER PRIMARY KEY, domain_id INT, kind TEXT, content TEXT);
CREATE TABLE tsigkeys (id INTEGER PRIMARY KEY, name TEXT, algorithm TEXT, secret TEXT);
INSERT INTO domains (name) VALUES ('of-before');
"""


@pytest.fixture
def database():
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        made.executescript(SCHEMA)
        yield made


def taken(database, **keys):
    """Take all steps, as the role does."""
    return [transfer_keys.converge(database, Keys(step=step, **keys)) for step in STEPS]


def given(database, kind):
    rows = database.execute("SELECT DISTINCT content FROM domainmetadata WHERE kind = ? ORDER BY 1", (kind,))
    return [row[0] for row in rows]


def rows(database):
    return sorted(database.execute("SELECT name, secret FROM tsigkeys").fetchall())


def test_a_new_database_gets_its_key_and_a_second_run_changes_nothing(database):
    assert any(taken(database, name=NEW, secret="s2", updates=["acme."]))
    assert taken(database, name=NEW, secret="s2", updates=["acme."]) == [[], [], []]
    database.execute("INSERT INTO domains (name) VALUES ('later')")
    counts = database.execute("SELECT kind, content, count(*) FROM domainmetadata GROUP BY 1, 2 ORDER BY 1").fetchall()
    assert counts == [(ASKED_WITH, NEW, 2), (ALLOWED, NEW, 2)]
    assert rows(database) == [("new.invalid", "s2")]


def test_the_key_of_before_is_asked_with_until_all_know_the_new_one_and_accepted_until_all_ask_with_it(database):
    taken(database, name=OLD, secret="s1")
    seen = []
    for step in STEPS:
        transfer_keys.converge(database, Keys(NEW, "s2", step=step))
        database.execute("INSERT INTO domains (name) VALUES (?)", (step,))
        seen.append((given(database, ASKED_WITH), given(database, ALLOWED), rows(database)))
    both = [("new.invalid", "s2"), ("old.invalid", "s1")]
    assert seen == [
        ([OLD], [NEW, OLD], both),
        ([NEW], [NEW, OLD], both),
        ([NEW], [NEW], [("new.invalid", "s2")]),
    ]
    assert taken(database, name=NEW, secret="s2") == [[], [], []]


def test_one_that_is_named_as_former_is_accepted_until_it_is_named_no_more(database):
    taken(database, name=OLD, secret="s1")
    taken(database, name=NEW, secret="s2", former={OLD: "s1"})
    assert (given(database, ASKED_WITH), given(database, ALLOWED)) == ([NEW], [NEW, OLD])
    assert taken(database, name=NEW, secret="s2", former={OLD: "s1"}) == [[], [], []]
    taken(database, name=NEW, secret="s2")
    assert (given(database, ALLOWED), rows(database)) == ([NEW], [("new.invalid", "s2")])


def test_a_restored_database_gets_the_keys_of_now(database):
    """It has the key of another time, and whoever stole that one is given nothing."""
    taken(database, name=OLD, secret="s1", updates=["gone."])
    database.execute("INSERT INTO tsigkeys (name, algorithm, secret) VALUES ('gone', 'hmac-sha256', 's3')")
    taken(database, name=NEW, secret="s2", updates=[])
    assert (given(database, ASKED_WITH), given(database, ALLOWED)) == ([NEW], [NEW])
    assert rows(database) == [("new.invalid", "s2")]


def test_a_key_that_the_server_lost_is_not_asked_with(database):
    taken(database, name=OLD, secret="s1")
    database.execute("DELETE FROM tsigkeys")
    assert transfer_keys.next_rule(Rule(OLD, (OLD,)), Keys(NEW, "s2", step=ACCEPTED), ()).asked == NEW


def test_keys_of_others_stay(database):
    taken(database, name=OLD, secret="s1", updates=["acme."])
    database.executescript(f"""
    INSERT INTO tsigkeys (name, algorithm, secret) VALUES ('theirs', 'hmac-sha512', 's4');
    INSERT INTO tsigkeys (name, algorithm, secret) VALUES ('acme', 'hmac-sha256', 's5');
    INSERT INTO domainmetadata (domain_id, kind, content) VALUES (1, '{ALLOWED}', 'theirs.');
    INSERT INTO domainmetadata (domain_id, kind, content) VALUES (1, '{UPDATED_WITH}', 'theirs');
    INSERT INTO domainmetadata (domain_id, kind, content) VALUES (1, '{UPDATED_WITH}', 'acme');
    """)
    taken(database, name=NEW, secret="s2", updates=[])
    assert given(database, ALLOWED) == [NEW, "theirs."]
    assert given(database, UPDATED_WITH) == ["theirs"]
    assert rows(database) == [("new.invalid", "s2"), ("theirs", "s4")]


def test_keys_for_updates_are_left_alone_unless_they_are_known(database):
    taken(database, name=OLD, secret="s1", updates=["acme."])
    database.execute("INSERT INTO tsigkeys (name, algorithm, secret) VALUES ('acme', 'hmac-sha256', 's5')")
    taken(database, name=OLD, secret="s1")
    transfer_keys.converge(database, Keys(OLD, "s1", updates=[], step=USED))
    assert ("acme", "s5") in rows(database)
    assert transfer_keys.converge(database, Keys(OLD, "s1", updates=[], step=ONLY)) == ["no more the key acme."]
    assert rows(database) == [("old.invalid", "s1")]


def test_another_secret_under_the_same_name_and_another_algorithm(database):
    database.execute("INSERT INTO tsigkeys (name, algorithm, secret) VALUES ('new.invalid', 'hmac-md5', 's2')")
    assert "another secret of the key new.invalid." in taken(database, name=NEW, secret="s2")[0]
    assert database.execute("SELECT algorithm, secret FROM tsigkeys").fetchall() == [("hmac-sha256", "s2")]


@pytest.mark.parametrize("name", ["Upper.invalid.", "no-dot", "a'b.", ""])
def test_what_cannot_name_a_key_is_refused(database, name):
    with pytest.raises(transfer_keys.BadKeys):
        transfer_keys.converge(database, Keys(name, "s2", step=ONLY))


def test_a_rule_is_read_back_from_its_statement():
    rule = Rule(OLD, (NEW, OLD, FORMER))
    assert transfer_keys.rule_of(rule.statement) == rule
    assert transfer_keys.rule_of(None) == Rule()
