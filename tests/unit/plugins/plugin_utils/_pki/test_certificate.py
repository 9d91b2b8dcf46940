"""Certificates of servers: when one is due, and what a new one says."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._pki import certificate
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import authority
from cryptography import x509

NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)
SUBJECT = certificate.Subject(("dns.example.org",), ("198.51.100.9", "2001:db8::9"))
ONE, OTHER = authority.generate("one"), authority.generate("other")
ISSUER = certificate.authority(ONE)
CLIENT = certificate.Subject(SUBJECT.names, SUBJECT.addresses, client=True)
OF_CLIENT = certificate.issue(ISSUER, CLIENT, 365 * DAY, NOW)[0]
GIVEN, _KEY = certificate.issue(ISSUER, SUBJECT, 365 * DAY, NOW)


@pytest.mark.parametrize(
    ("pem", "matches", "issuer", "subject", "when", "why"),
    [
        (GIVEN, True, ONE, SUBJECT, NOW, ""),
        (GIVEN, True, ONE, certificate.Subject(SUBJECT.names, SUBJECT.addresses[::-1]), NOW, ""),
        (GIVEN, True, ONE, SUBJECT, NOW + 300 * DAY, ""),
        (GIVEN, True, ONE, SUBJECT, NOW + 306 * DAY, "it ends on "),
        ("", False, ONE, SUBJECT, NOW, "there is none"),
        ("no certificate", True, ONE, SUBJECT, NOW, "it is no certificate of a server"),
        (GIVEN, False, ONE, SUBJECT, NOW, "its private key is missing or another one"),
        (GIVEN, True, OTHER, SUBJECT, NOW, "another authority has issued it"),
        (GIVEN, True, ONE, certificate.Subject(SUBJECT.names, ("198.51.100.10",)), NOW, "it is for other names"),
        (GIVEN, True, ONE, CLIENT, NOW, "it does not serve a client"),
        (OF_CLIENT, True, ONE, CLIENT, NOW, ""),
        (OF_CLIENT, True, ONE, SUBJECT, NOW, ""),
    ],
    ids=[
        "it is as it should be",
        "the order does not matter",
        "it is valid for a while",
        "it ends soon",
        "there is none",
        "it is none",
        "its key is missing",
        "of another authority",
        "for another address",
        "of a server alone",
        "of a client, too",
        "of a client that is a server alone again",
    ],
)
def test_a_certificate_is_replaced_when_it_has_to_be(pem, matches, issuer, subject, when, why) -> None:
    found = certificate.due(pem, matches, certificate.authority(issuer), subject, 60 * DAY, when)
    assert found.startswith(why) and bool(found) == bool(why)


def test_a_new_one_is_for_a_server_and_ends_no_later_than_its_issuer() -> None:
    pem, key = certificate.issue(ISSUER, SUBJECT, 100 * 365 * DAY, NOW)
    made = x509.load_pem_x509_certificate(pem.encode())
    made.verify_directly_issued_by(ISSUER.certificate)
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["dns.example.org"]
    assert [str(one) for one in names.get_values_for_type(x509.IPAddress)] == list(SUBJECT.addresses)
    assert made.not_valid_after_utc == ISSUER.certificate.not_valid_after_utc
    assert made.not_valid_before_utc <= NOW
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert key.startswith("-----BEGIN PRIVATE KEY-----")


@pytest.mark.parametrize("pem", ["", "nothing", GIVEN, ONE.partition("-----BEGIN CERTIFICATE")[0] + GIVEN])
def test_what_is_no_authority_is_refused_and_not_repeated(pem) -> None:
    with pytest.raises(certificate.BadAuthority) as error:
        certificate.authority(pem)
    assert not pem or pem not in str(error.value)
