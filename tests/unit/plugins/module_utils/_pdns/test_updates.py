"""Who may change which zone by DNS UPDATE."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.updates import BadKeys, with_updates

NOBODY = {"TSIG-ALLOW-DNSUPDATE": [], "ALLOW-DNSUPDATE-FROM": [], "NOTIFY-DNSUPDATE": []}


@pytest.mark.parametrize(
    ("keys", "metadata"),
    [
        ({}, NOBODY),
        ({"other": {"zones": ["b.example"]}}, NOBODY),
        (
            {"acme.": {"zones": ["A.example."], "sources": ["192.0.2.0/24"]}},
            {"TSIG-ALLOW-DNSUPDATE": ["acme"], "ALLOW-DNSUPDATE-FROM": ["192.0.2.0/24"], "NOTIFY-DNSUPDATE": ["1"]},
        ),
        (
            {"one": {"zones": ["a.example"]}, "two": {"zones": ["a.example"], "sources": ["0.0.0.0/0"]}},
            {
                "TSIG-ALLOW-DNSUPDATE": ["one", "two"],
                "ALLOW-DNSUPDATE-FROM": ["0.0.0.0/0", "::/0"],
                "NOTIFY-DNSUPDATE": ["1"],
            },
        ),
    ],
    ids=["no key", "a key of another zone", "its key, from its network", "two keys"],
)
def test_a_zone_is_updated_with_its_keys_alone(keys, metadata) -> None:
    first, second = with_updates([{"zone": "a.example"}, {"zone": "b.example."}], keys)
    assert first == {"zone": "a.example", "metadata": metadata}
    assert (second["metadata"] == NOBODY) == ("other" not in keys)


def test_metadata_of_the_zone_wins() -> None:
    zone = {"zone": "a.example", "metadata": {"ALLOW-DNSUPDATE-FROM": ["192.0.2.1"], "X-NOTE": ["ours"]}}
    (found,) = with_updates([zone], {"key": {"zones": ["a.example"]}})
    assert found["metadata"]["ALLOW-DNSUPDATE-FROM"] == ["192.0.2.1"]
    assert found["metadata"]["X-NOTE"] == ["ours"]


def test_a_key_for_a_zone_that_is_not_given_is_refused() -> None:
    with pytest.raises(BadKeys, match=r"update key acme is for c\.example\."):
        with_updates([{"zone": "a.example"}], {"acme": {"zones": ["c.example"]}})
