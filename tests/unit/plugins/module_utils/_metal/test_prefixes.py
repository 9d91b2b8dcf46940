"""Prefixes of networks."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal import prefixes
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal.kinds.network import LENGTHS_V1, LENGTHS_V2


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        (["10.1.0.0/16", "10.0.0.0/16"], ["10.0.0.0/16", "10.1.0.0/16"]),
        (["2001:DB8:0::/48"], ["2001:db8::/48"]),
        (["10.0.0.0/255.255.0.0"], ["10.0.0.0/16"]),
        ([], []),
    ],
)
def test_prefixes_are_written_as_the_servers_do(given, canonical):
    assert prefixes.PREFIXES.given(given) == canonical


@pytest.mark.parametrize("text", ["10.0.0.0", "10.0.0.1/16", "10.0.0.0/33", "internet", "/16", ""])
def test_what_is_no_prefix_is_refused(text):
    with pytest.raises(ValueError, match=r"expected prefixes such as 10\.0\.0\.0/16"):
        prefixes.PREFIXES.given([text])


@pytest.mark.parametrize(
    ("form", "wire", "canonical"),
    [
        (LENGTHS_V1, {"IPv4": 22, "IPv6": 64}, {"ipv4": 22, "ipv6": 64}),
        (LENGTHS_V1, {"IPv4": 22}, {"ipv4": 22}),
        (LENGTHS_V2, {"ipv6": 64}, {"ipv6": 64}),
        (LENGTHS_V2, {}, {}),
    ],
)
def test_lengths_are_by_family_in_both_apis(form, wire, canonical):
    assert form.read(wire) == canonical
    assert form.write(canonical) == wire
    assert form.read(None) == {}
    assert form.given({"ipv4": None, "ipv6": None, **canonical}) == canonical


@pytest.mark.parametrize(
    ("bits", "there", "expected"),
    [
        ({"ipv4": 22}, ["10.0.0.0/16"], []),
        ({"ipv4": 16}, ["10.0.0.0/16"], ["ipv4: expected more than the 16 bits of 10.0.0.0/16, found 16"]),
        ({"ipv4": 22, "ipv6": 64}, ["10.0.0.0/16"], ["ipv6: there is no ipv6 prefix"]),
        ({}, ["10.0.0.0/16"], []),
    ],
)
def test_a_length_fits_into_every_prefix_of_its_family(bits, there, expected):
    assert prefixes.unfit(bits, there) == expected


@pytest.mark.parametrize(
    ("inner", "outer", "expected"),
    [
        ("10.0.1.0/24", "10.0.0.0/16", True),
        ("10.0.0.7", "10.0.0.0/16", True),
        ("10.0.0.0/16", "10.0.0.0/16", True),
        ("10.0.0.0/8", "10.0.0.0/16", False),
        ("10.1.0.0/24", "10.0.0.0/16", False),
        ("::a", "0.0.0.0/0", False),
    ],
)
def test_what_is_inside_a_prefix(inner, outer, expected):
    assert prefixes.inside(inner, outer) is expected
