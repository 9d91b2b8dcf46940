"""What of a partition's description cannot be."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import masterdata

SUPER = {"id": "super-fra", "type": "super", "partition": "fra", "prefixes": ["10.128.0.0/14"]}
INTERNET = {"id": "internet", "type": "external", "prefixes": ["203.0.113.0/24", "2001:db8::/48"]}
NOTHING = {"sizes": [], "images": [], "networks": []}
SIZE = {"id": "c1-large"}


def data(**more):
    return {**{kind: [] for kind in masterdata.KINDS}, "networks": [SUPER, INTERNET], "sizes": [SIZE], **more}


def complaints(taken=None, needs=None, **more):
    return masterdata.complaints("fra", data(**more), {**NOTHING, **(needs or {})}, taken or {})


def test_nothing_is_wrong_with_a_good_one():
    assert complaints({"pods": "198.18.0.0/16"}, {"sizes": ["c1-large"]}) == []


@pytest.mark.parametrize(
    ("networks", "taken", "expected"),
    [
        ([{**SUPER, "prefixes": ["100.64.0.0/16"]}], {}, "super-fra (100.64.0.0/16) and headscale (100.64.0.0/10)"),
        ([{**SUPER, "prefixes": ["100.0.0.0/8"]}], {}, "and headscale (100.64.0.0/10) overlap"),
        ([SUPER], {"pods": "10.128.0.0/16"}, "super-fra (10.128.0.0/14) and pods (10.128.0.0/16) overlap"),
        ([SUPER, {**INTERNET, "prefixes": ["10.129.0.0/16"]}], {}, "and internet (10.129.0.0/16) overlap"),
        ([SUPER], {"pods": "10.128.0.1/16"}, "networks_taken: pods is '10.128.0.1/16', expected"),
        ([{**SUPER, "prefixes": ["x"]}], {}, "networks: super-fra has 'x', expected a network"),
        ([{**SUPER, "partition": "muc"}], {}, "super-fra is of partition muc, and this is fra"),
        ([SUPER, SUPER], {}, "networks: super-fra is there twice"),
        ([{"prefixes": []}], {}, "networks: an entry has no id"),
        ([{"state": "absent"}], {}, "networks: an entry has no id"),
    ],
)
def test_networks_that_cannot_be_are_told(networks, taken, expected):
    assert any(expected in one for one in complaints(taken, networks=networks))


def test_another_network_of_headscale_is_taken_instead():
    shared = [{**SUPER, "prefixes": ["100.64.0.0/16"]}]
    assert complaints({"headscale": "100.100.0.0/16"}, networks=shared) == []


def test_a_network_that_is_removed_overlaps_nothing():
    assert complaints(networks=[{**SUPER, "prefixes": ["100.64.0.0/16"], "state": "absent"}]) == []


def test_what_is_needed_is_not_removed():
    (found,) = complaints(needs={"sizes": ["c1-large"]}, sizes=[{**SIZE, "state": "absent"}])
    assert "sizes: c1-large is removed, and the partition needs it" in found


def missing(known=None, needs=None, **more):
    return masterdata.missing(data(**more), {**NOTHING, **(needs or {})}, {**NOTHING, **(known or {})})


def test_what_is_described_or_there_already_is_defined():
    assert missing(needs={"sizes": ["c1-large"], "networks": ["internet"]}) == []
    assert missing(known={"images": ["ubuntu-24.04"]}, needs={"images": ["ubuntu-24.04"]}) == []


def test_all_that_is_needed_and_defined_by_nobody_is_told_at_once():
    found = missing(
        needs={"sizes": ["m1"], "images": ["firewall-3"], "networks": ["underlay"]},
        size_reservations=[{"id": "storage", "size": "m2"}],
        filesystem_layouts=[{"id": "default", "constraints": {"sizes": ["c1-large", "m3"]}}, {"id": "bare"}],
    )
    assert [one.partition(" is defined by nobody, and ")[0] for one in found] == [
        "sizes: m1", "sizes: m2", "sizes: m3", "images: firewall-3", "networks: underlay",
    ]  # fmt: skip
    assert "size reservation storage names it" in found[1]
    assert "filesystem layout default names it" in found[2]


def test_what_an_absent_entry_names_is_not_needed():
    assert missing(size_reservations=[{"id": "storage", "size": "m2", "state": "absent"}]) == []
