"""Names in the forms people write, and the one the server knows."""

from __future__ import annotations

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import names

ZONE = "example.com."


@pytest.mark.parametrize(
    ("text", "zone", "name"),
    [
        ("@", ZONE, ZONE),
        ("", ZONE, ZONE),
        ("www", ZONE, "www.example.com."),
        ("WWW.Example.COM.", ZONE, "www.example.com."),
        ("www.example.com", ZONE, "www.example.com."),
        ("example.com", ZONE, ZONE),
        ("notexample.com", ZONE, "notexample.com.example.com."),
        ("*.apps", ZONE, "*.apps.example.com."),
        ("_acme-challenge", ZONE, "_acme-challenge.example.com."),
        ("bücher", ZONE, "xn--bcher-kva.example.com."),
        ("a\\.b", ZONE, "a\\.b.example.com."),
        ("com", ".", "com."),
        ("0/25", "2.0.192.in-addr.arpa.", "0/25.2.0.192.in-addr.arpa."),
    ],
)
def test_an_owner_becomes_absolute_and_lower_case(text, zone, name):
    assert names.owner(text, zone) == name


@pytest.mark.parametrize(
    "text", ["www.example.net.", "www..a", "a b", "x" * 64, ".".join(["x" * 60] * 5), 'a"b', "notexample.com."]
)
def test_an_owner_that_is_none_or_elsewhere_is_refused(text):
    with pytest.raises(names.BadName):
        names.owner(text, ZONE)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("mail", "mail.example.com."),
        ("Mail.example.NET.", "Mail.example.NET."),
        ("mail.example.com", "mail.example.com."),
        ("@", ZONE),
        (".", "."),
    ],
)
def test_a_target_without_a_final_dot_is_relative(text, name):
    assert names.target(text, ZONE) == name


@pytest.mark.parametrize(
    ("zone", "path"), [(ZONE, ZONE), ("0/25.2.0.192.in-addr.arpa.", "0=2F25.2.0.192.in-addr.arpa."), (".", ".")]
)
def test_a_zone_is_named_in_a_url_as_the_api_wants_it(zone, path):
    assert names.zone_id(zone) == path


@pytest.mark.parametrize(("name", "short"), [(ZONE, "@"), ("a.b.example.com.", "a.b")])
def test_a_name_is_shown_without_its_zone(name, short):
    assert names.relative(name, ZONE) == short
