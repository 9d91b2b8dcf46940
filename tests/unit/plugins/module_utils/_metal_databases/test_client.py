from __future__ import annotations

import datetime

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_databases.client import Client

STORAGE = {"endpoint": "https://s3.example", "bucket": "box", "access_key": "a", "secret_key": "b"}


@pytest.mark.parametrize(
    ("buckets", "rules", "words"),
    [
        (["another", "box"], True, ""),
        (["another"], True, "the account is not shown bucket box"),
        (["box"], False, "https://s3.example has no lifecycle rules"),
    ],
)
def test_what_keeps_the_sidecar_from_starting_is_told(monkeypatch, buckets, rules, words):
    asked = Client(STORAGE)
    monkeypatch.setattr(asked._store, "buckets", lambda: buckets)
    monkeypatch.setattr(asked._store, "knows_rules", lambda: rules)
    found = asked.complaints()
    assert words in "".join(found) and bool(found) is bool(words)


def test_the_clock_is_that_of_the_storage_where_it_tells_one(monkeypatch):
    asked = Client(STORAGE)
    assert datetime.datetime.now(datetime.UTC) - asked.moment() < datetime.timedelta(minutes=1)
    there = datetime.datetime(2026, 11, 29, 12, tzinfo=datetime.UTC)
    monkeypatch.setattr(asked._store, "moment", there)
    assert asked.moment() == there
