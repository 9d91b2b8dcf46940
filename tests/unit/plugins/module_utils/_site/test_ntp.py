"""Too few sources of time: an error where there is a choice, a warning where there is none."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import finding, ntp
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import servers, site

FOUR = servers("a", "b", "c", "d")
CLOCK = servers("a", "b", chrony_refclocks=["PHC /dev/ptp0"])
THREE = ["x.example", "y.example", "z.example"]


@pytest.mark.parametrize(
    ("hosts", "changed", "errors", "warned"),
    [
        (None, {"site_upstream_ntp": THREE}, [], ""),
        (None, {}, [], "site_upstream_ntp is empty"),
        (None, {"site_ntp_accept_few": True}, [], ""),
        (None, {"groups": {"time_servers": ["server1"]}, "site_upstream_ntp": THREE[:2]}, ["V39"], ""),
        (servers("a"), {}, [], "site_upstream_ntp is empty"),
        (servers("a"), {"site_upstream_ntp": THREE[:2]}, [], "2 sources of time"),
        (servers("a"), {"site_upstream_ntp": THREE}, [], ""),
        (servers("a"), {"site_upstream_ntp": THREE[:2], "site_ntp_accept_few": True}, [], ""),
        (FOUR, {}, [], ""),
        (CLOCK, {}, [], ""),
    ],
)
def test_few_sources(hosts: t.Any, changed: dict[str, t.Any], errors: list[str], warned: str) -> None:
    given = site(hosts, **changed)
    assert finding.ids(list(ntp.check(given))) == errors
    said = ntp.warnings(given)
    assert bool(said) == bool(warned) and warned in "; ".join(said), said
