"""Objects whose ids servers make: which one is meant, and what it is called until then."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import plan
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.project import PROJECT
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.store import Found

FOUND = {
    "1": Found("1", {"name": "shop", "tenant": "acme"}),
    "2": Found("2", {"name": "shop", "tenant": "other"}),
    "3": Found("3", {"name": "twin", "tenant": "acme"}),
    "4": Found("4", {"name": "twin", "tenant": "acme"}),
}


def named(**entry: str) -> tuple[str, bool, list[str]]:
    problems: list[str] = []
    one = plan.wanted(PROJECT, {"state": "present", **entry}, problems)
    one = plan.named(PROJECT, one, FOUND, problems)
    return one.id, one.unnamed, problems


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"id": "1"}, ("1", False, [])),
        ({"id": "9", "name": "shop", "tenant": "acme"}, ("9", False, [])),
        ({"name": "shop", "tenant": "acme"}, ("1", False, [])),
        ({"name": "shop", "tenant": "other"}, ("2", False, [])),
        ({"name": "new", "tenant": "acme"}, ("acme/new", True, [])),
    ],
)
def test_the_object_is_found_by_id_or_by_name(entry: dict[str, str], expected: tuple[str, bool, list[str]]) -> None:
    assert named(**entry) == expected


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"tenant": "acme"}, "project acme/?: expected id, or name and tenant, found neither"),
        ({"name": "", "tenant": "acme"}, "project acme/?: expected id, or name and tenant, found neither"),
        ({"name": "twin", "tenant": "acme"}, "project acme/twin: there are 2 of this name (3, 4): give id"),
    ],
)
def test_nothing_is_guessed(entry: dict[str, str], problem: str) -> None:
    assert named(**entry)[2] == [problem]
