"""Authorities below another one: when one is due, and what a new one may issue for."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._pki import certificate, intermediate
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import authority
from cryptography import x509
from cryptography.hazmat.primitives import serialization

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)
ONE, OTHER = (certificate.authority(authority.generate(name, path_length=1)) for name in ("one", "other"))
SCOPE = intermediate.Scope("example ACME CA", ("example.org",))
PASSWORD = "a-password-of-those-that-are-long"
KEY, SECRET = intermediate.new_key(PASSWORD)
GIVEN = intermediate.issue(ONE, SCOPE, KEY, 1825 * DAY, NOW)
LEAF, _key = certificate.issue(ONE, certificate.Subject(("www.example.org",), ()), 365 * DAY, NOW)


@pytest.mark.parametrize(
    ("pem", "issuer", "scope", "when", "why"),
    [
        (GIVEN, ONE, SCOPE, NOW, ""),
        (GIVEN, ONE, SCOPE, NOW + 1459 * DAY, ""),
        (GIVEN, ONE, SCOPE, NOW + 1461 * DAY, "it ends on "),
        ("", ONE, SCOPE, NOW, "there is none"),
        ("no certificate", ONE, SCOPE, NOW, "it is not held to any names"),
        (LEAF, ONE, SCOPE, NOW, "it is not held to any names"),
        (GIVEN, OTHER, SCOPE, NOW, "another authority has issued it"),
        (GIVEN, ONE, intermediate.Scope(SCOPE.name, ("example.org", "example.net")), NOW, "it is for other names"),
        (GIVEN, ONE, intermediate.Scope(SCOPE.name, SCOPE.domains, ("198.51.100.0/24",)), NOW, "it is for other names"),
        (GIVEN, ONE, intermediate.Scope("another", SCOPE.domains), NOW, "it is for other names"),
    ],
)
def test_a_certificate_is_replaced_when_it_has_to_be(pem, issuer, scope, when, why) -> None:
    found = intermediate.due(pem, issuer, scope, 365 * DAY, when)
    assert found.startswith(why) and bool(found) == bool(why)


def test_a_new_one_issues_for_its_names_alone_and_no_authorities() -> None:
    made = x509.load_pem_x509_certificate(GIVEN.encode())
    made.verify_directly_issued_by(ONE.certificate)
    basic = made.extensions.get_extension_for_class(x509.BasicConstraints)
    assert basic.critical and basic.value.ca and basic.value.path_length == 0
    held = made.extensions.get_extension_for_class(x509.NameConstraints)
    assert held.critical and held.value.permitted_subtrees == [x509.DNSName("example.org")]
    assert [str(one.value) for one in held.value.excluded_subtrees or []] == ["0.0.0.0/0", "::/0"]
    assert made.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign


def test_addresses_are_issued_for_in_networks_that_are_given() -> None:
    held = intermediate.Scope("x", ("example.org",), ("198.51.100.0/24",)).constraints()
    assert [str(one.value) for one in held.permitted_subtrees or []] == ["example.org", "198.51.100.0/24"]
    assert held.excluded_subtrees is None


def test_its_key_opens_with_its_password_alone() -> None:
    found = serialization.load_pem_private_key(SECRET.encode(), PASSWORD.encode())
    assert found.public_key() == intermediate.public_key(GIVEN)
    for wrong in (None, b"another"):
        with pytest.raises((TypeError, ValueError)):
            serialization.load_pem_private_key(SECRET.encode(), wrong)


@pytest.mark.parametrize(("path_length", "may"), [(0, False), (1, True), (2, True)])
def test_an_authority_that_may_issue_none_is_told(path_length, may) -> None:
    found = certificate.authority(authority.generate("x", path_length=path_length))
    assert intermediate.may_issue_authorities(found) is may


@pytest.mark.parametrize(("path_length", "above", "good"), [(0, False, True), (0, True, False), (1, True, True)])
def test_a_root_that_may_issue_none_is_a_problem(path_length, above, good) -> None:
    found = authority.problem(authority.generate("x", path_length=path_length), above_others=above)
    assert bool(found) != good and ("pathlen:0" in found) != good
