"""What databases begin with where nobody has said it."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import intents

KEEP, FRESH = ({"name": "ipam-db", "intent": intent} for intent in ("keep", "fresh"))
RESTORED = {"name": "ipam-db", "intent": "restore", "fenced": True, "lost": True}


@pytest.mark.parametrize(
    ("entries", "components", "intent", "lost", "expected"),
    [
        ([], ["ipam-db"], "keep", (), [KEEP]),
        ([], ["prepare", "ipam-db"], "fresh", (), [FRESH]),
        ([], ["ipam-db"], "keep", ["ipam-db", "valkey"], [RESTORED]),
        ([{"name": "ipam-db", "intent": "keep"}], ["ipam-db"], "fresh", ["ipam-db"], [{**RESTORED, "intent": "keep"}]),
        ([{"name": "ipam-db", "fenced": False}], ["ipam-db"], "keep", ["ipam-db"], [{**RESTORED, "fenced": False}]),
        ([{"name": "ipam-db", "size_floor": 9}], ["ipam-db"], "keep", (), [{**KEEP, "size_floor": 9}]),
        ([{"name": "unknown"}], ["ipam-db"], "keep", (), [{"name": "unknown", "intent": "keep"}, KEEP]),
        ([], ["prepare", "nsq"], "keep", (), []),
    ],
    ids=["nothing said", "of a new site", "lost", "an entry wins", "not fenced", "other fields", "unknown", "none"],
)
def test_each_database_has_an_entry(entries, components, intent, lost, expected):
    assert intents.complete(entries, components, intent, lost) == expected


def test_without_components_all_databases_that_the_role_deploys_have_one():
    names = [one["name"] for one in intents.complete([], [], "keep")]
    assert names == ["metal-db", "ipam-db", "masterdata-db", "zitadel-db", "valkey", "headscale-db"]
