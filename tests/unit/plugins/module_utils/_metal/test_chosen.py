"""Which objects a task that reads asks for."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import chosen
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.errors import BadInput
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.image import IMAGE
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.ownership import MANAGER
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.store import Found

FOUND = {
    "a": Found("a", {"classification": "preview", "features": ["machine"]}, {"k": "1", "l": "", MANAGER: "me"}),
    "b": Found("b", {"classification": "preview", "features": ["firewall", "machine"]}, {"k": "2", MANAGER: ""}),
    "c": Found("c", {"classification": "supported", "features": ["firewall"]}, {"k": "1"}),
}
NONE = dict.fromkeys(("classification", "feature", "owner", "labels"))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["a", "b", "c"]),
        ({"classification": "preview"}, ["a", "b"]),
        ({"feature": "firewall"}, ["b", "c"]),
        ({"feature": "machine", "classification": "supported"}, []),
        ({"owner": "me"}, ["a"]),
        ({"owner": "them"}, []),
        ({"owner": ""}, ["b", "c"]),
        ({"labels": {}}, ["a", "b", "c"]),
        ({"labels": {"k": 1}}, ["a", "c"]),
        ({"labels": {"k": "1", "l": ""}}, ["a"]),
        ({"labels": {"l": ""}, "owner": ""}, []),
    ],
)
def test_what_fits_every_option_is_chosen(asked, expected):
    assert list(chosen.chosen(IMAGE, "v2", FOUND, {**NONE, **asked})) == expected


@pytest.mark.parametrize("asked", [{"owner": "me"}, {"owner": ""}, {"labels": {"k": "1"}}])
def test_labels_are_not_asked_for_where_there_are_none(asked):
    with pytest.raises(BadInput, match=f"{next(iter(asked))}: images have no labels in API v1"):
        chosen.chosen(IMAGE, "v1", FOUND, {**NONE, **asked})
