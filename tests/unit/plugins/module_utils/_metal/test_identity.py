"""By which id a task knows an object."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import identity
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import Refused
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.identity import IDENTIFIER
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.project import PROJECT
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.size_reservation import (
    SIZE_RESERVATION,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.store import Found


@pytest.mark.parametrize(
    ("kind", "labels", "expected", "left"),
    [
        (PROJECT, {IDENTIFIER: "mine"}, ("1", ""), {IDENTIFIER: "mine"}),
        (SIZE_RESERVATION, {IDENTIFIER: "mine", "k": "v"}, ("mine", "1"), {"k": "v"}),
        (SIZE_RESERVATION, {"k": "v"}, ("1", "1"), {"k": "v"}),
    ],
)
def test_a_tasks_id_is_taken_out_of_the_labels_where_it_is_kept_there(kind, labels, expected, left):
    assert (identity.of(kind, "1", labels), labels) == (expected, left)


@pytest.mark.parametrize(
    ("kind", "found", "expected"),
    [
        (PROJECT, Found("1", {}), {}),
        (SIZE_RESERVATION, Found("mine", {}), {IDENTIFIER: "mine"}),
        (SIZE_RESERVATION, Found("mine", {}, server_id="1"), {IDENTIFIER: "mine"}),
        (SIZE_RESERVATION, Found("1", {}, server_id="1"), {}),
    ],
)
def test_it_goes_back_into_them_unless_it_is_the_servers_own(kind, found, expected):
    assert identity.marked(kind, found, {"k": "v"}) == {"k": "v", **expected}


def test_one_id_is_of_one_object():
    twice = [Found("mine", {}, server_id=number) for number in ("1", "2")]
    assert list(identity.by_id(SIZE_RESERVATION, twice[:1])) == ["mine"]
    with pytest.raises(Refused, match=f"size reservation mine: 1 and 2 have this id \\(label {IDENTIFIER}\\)"):
        identity.by_id(SIZE_RESERVATION, twice)
