"""Settings of a zone as they are given and as the server reports them."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import settings

EMPTY = dict.fromkeys(("kind", "masters", "account", "catalog", "soa_edit", "soa_edit_api"))


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"kind": "primary"}, {"kind": "Master"}),
        (
            {"kind": "consumer", "masters": ["192.0.2.1:53", "[2001:DB8::1]:53"]},
            {"kind": "Consumer", "masters": ["2001:db8::1", "192.0.2.1"]},
        ),
        ({"masters": ["192.0.2.1:5300", "2001:db8::1"]}, {"masters": ["192.0.2.1:5300", "2001:db8::1"]}),
        ({"catalog": "Catalog.example"}, {"catalog": "catalog.example."}),
        ({"catalog": "", "account": ""}, {"catalog": "", "account": ""}),
        ({"soa_edit_api": "default"}, {"soa_edit_api": "DEFAULT"}),
        ({"master_tsig_key_ids": ["b", "a."]}, {"master_tsig_key_ids": ["a.", "b."]}),
        ({"dnssec": False}, {"dnssec": False}),
    ],
)
def test_what_is_the_same_is_no_difference(given, found):
    assert settings.differences(found, settings.canonical({**EMPTY, **given})) == {}


def test_what_differs_is_sent_alone():
    wanted = settings.canonical({**EMPTY, "kind": "native", "account": ""})
    assert settings.differences({"kind": "Native", "account": "old"}, wanted) == {"account": ""}


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "natve"},
        {"masters": ["ns1.example.com"]},
        {"masters": ["192.0.2.1:99999"]},
        {"kind": "secondary", "masters": []},
    ],
)
def test_settings_that_no_zone_can_have_are_refused(given):
    with pytest.raises(settings.BadSettings):
        settings.canonical({**EMPTY, **given})


@pytest.mark.parametrize(
    ("kind", "option"), [("soa-edit-api", "soa_edit_api"), ("TSIG-ALLOW-AXFR", "master_tsig_key_ids")]
)
def test_metadata_that_has_an_option_of_its_own_is_refused_with_its_name(kind, option):
    with pytest.raises(settings.BadSettings, match=option):
        settings.metadata({kind: ["x"]})


@pytest.mark.parametrize("text", ["1 0 0", "2 0 0 -", "1 0 0 abc", "garbage", "1 0 0 - "])
def test_parameters_of_nsec3_that_are_none_are_refused(text):
    with pytest.raises(settings.BadSettings, match="nsec3param"):
        settings.canonical({**EMPTY, "nsec3param": text})


def test_metadata_that_is_not_given_stays():
    found = {"ALSO-NOTIFY": ["192.0.2.1"], "X-OTHER": ["kept"]}
    assert settings.metadata_differences(found, settings.metadata({"also-notify": ["192.0.2.2"]})) == {
        "ALSO-NOTIFY": ["192.0.2.2"]
    }
    assert settings.metadata_differences(found, {"ALSO-NOTIFY": []}) == {"ALSO-NOTIFY": []}
    assert settings.metadata_differences({}, {"ALSO-NOTIFY": []}) == {}
