"""The kinds themselves."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kind import Wire
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds import image, size
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.filesystem_layout import (
    FILESYSTEM_LAYOUT,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.image import IMAGE
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.network import NETWORK
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.partition import PARTITION
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.project import PROJECT
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.size import SIZE
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.size_reservation import (
    SIZE_RESERVATION,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.tenant import TENANT

KINDS = (FILESYSTEM_LAYOUT, IMAGE, NETWORK, PARTITION, PROJECT, SIZE, SIZE_RESERVATION, TENANT)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_field_is_in_an_api_or_says_why_not(kind):
    names = [field.name for field in kind.fields]
    assert len(names) == len(set(names))
    for field in kind.fields:
        ways = (field.v1, field.v2)
        assert any(isinstance(way, Wire) for way in ways)
        assert all(isinstance(way, Wire) or way.strip() for way in ways)
    assert set(kind.v1.always) <= {field.name for field, _wire in kind.known("v1")}
    assert {*kind.found_by, *kind.forced, *kind.filters.values()} <= set(names)
    assert set(kind.found_by) <= set(kind.filters)
    assert {*kind.v2.always, *kind.v2.joint, *kind.forced} <= {field.name for field, _wire in kind.known("v2")}


def constraint(kind, least, most, identifier=""):
    return {"type": kind, "min": least, "max": most, "identifier": identifier}


CORES, MEMORY, GPU = constraint("cores", 1, 4), constraint("memory", 1, 9), constraint("gpu", 1, 1, "A*")


@pytest.mark.parametrize(
    ("ours", "theirs", "v1", "v2"),
    [
        ([CORES], [constraint("cores", 4, 8)], True, True),
        ([CORES], [constraint("cores", 5, 8)], False, False),
        ([CORES, MEMORY], [constraint("cores", 5, 8), MEMORY], False, False),
        ([CORES, MEMORY], [CORES], False, False),
        ([CORES], [constraint("cores", 1, 4, "Intel*")], False, False),
        ([CORES, GPU], [CORES, GPU, constraint("gpu", 1, 1, "B*")], False, False),
        ([CORES], [], False, True),
        ([], [], False, True),
    ],
)
def test_sizes_overlap_as_their_server_sees_it(ours, theirs, v1, v2):
    sizes = {"a": {"constraints": ours}, "b": {"constraints": theirs}}
    assert bool(size.apart("v1", sizes, {"a": sizes["a"]})) is v1
    assert bool(size.apart("v2", sizes, {"a": sizes["a"]})) is v2


def test_sizes_that_overlapped_before_are_no_matter_of_another_one():
    sizes = {name: {"constraints": [CORES]} for name in ("a", "b")} | {"c": {"constraints": [MEMORY]}}
    assert size.apart("v1", sizes, {"c": sizes["c"]}) == []
    assert size.apart("v2", sizes, {"a": {"description": "x"}}) == []
    assert size.apart("v1", sizes, {"a": {"description": "x"}}) != []


def test_constraints_are_the_same_in_any_order_and_in_both_apis():
    v1 = [{"type": "memory", "max": 9}, {"type": "cores", "min": 1, "max": 4}]
    v2 = [
        {"type": "SIZE_CONSTRAINT_TYPE_CORES", "min": "1", "max": "4"},
        {"type": "SIZE_CONSTRAINT_TYPE_MEMORY", "max": "9"},
    ]
    assert size.CONSTRAINTS_V1.read(v1) == size.CONSTRAINTS_V2.read(v2)
    assert size.CONSTRAINTS_V2.write([CORES])[0] == {"type": "SIZE_CONSTRAINT_TYPE_CORES", "min": 1, "max": 4}


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("ubuntu-24.04", True),
        ("ubuntu-24.04.20261101", True),
        ("firewall-ubuntu-3.0.20261101", True),
        ("debian-12", True),
        ("debian", False),
        ("debian-twelve", False),
        ("debian-12.1.2.3", False),
        ("debian-12-rc1", False),
    ],
)
def test_an_image_tells_its_operating_system_and_version(name, good):
    assert (image.named("v2", {}, {name: {}}) == []) is good
