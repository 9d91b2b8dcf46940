"""Labels and limits of projects and tenants."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import forms
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds import masterdata


@pytest.mark.parametrize(
    ("tags", "labels"),
    [
        (["a=1", "b=2"], {"a": "1", "b": "2"}),
        (["plain"], {"plain": ""}),
        (["a=b=c"], {"a": "b=c"}),
        ([], {}),
    ],
)
def test_tags_are_labels_and_back(tags: list[str], labels: dict[str, str]) -> None:
    assert masterdata.TAGS.read(tags) == labels
    assert masterdata.TAGS.write(labels) == tags


@pytest.mark.parametrize(
    ("value", "limit"),
    [({"quota": 3}, 3), ({"quota": 0}, 0), ({"quota": 3, "used": 2}, 3), ({"used": 2}, -1), ({}, -1), (None, -1)],
)
def test_no_limit_is_not_a_limit_of_none(value: Any, limit: int) -> None:
    assert forms.LIMIT.read(value) == limit


def test_a_limit_is_written_and_taken_away() -> None:
    assert (forms.LIMIT.write(0), forms.LIMIT.write(3), forms.LIMIT.write(-1)) == ({"quota": 0}, {"quota": 3}, None)
