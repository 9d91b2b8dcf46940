"""What a site needs to have certificates issued, and who may have which."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._acme import lego
from ansible_collections.metalstack.autonomous.plugins.module_utils._site import acme_ca, offline, secrets
from ansible_collections.metalstack.autonomous.tests.unit.plugins.module_utils._site.site_cases import CONTROLLER, site

KEYS = {"acme.example.org": {"secret": "c2VjcmV0IG9mIGEgdGVzdCwgMzIgb2N0ZXRzIC4u", "zones": ["example.org"]}}
WWW: dict[str, t.Any] = {
    "name": "www",
    "hosts": ["server1"],
    "names": ["www.example.org"],
    "challenge": "http-01",
    "path": "/etc/www.pem",
}
ISSUING: dict[str, t.Any] = {
    "site_acme_ca": True,
    # what it has to be, the controller tells
    "site_acme_ca_root": "a key and a certificate",
    "site_acme_ca_password": "0f6c1e9a40d52f4b8396a8e0d3b5f21c",
    "site_dns_update_keys": KEYS,
}
PINNED = dataclasses.replace(CONTROLLER, checksums={**CONTROLLER.checksums, "step-ca": {"v0.30.2": ["amd64"]}})


def found(controller: t.Any = PINNED, **changed: t.Any) -> list[tuple[str, str]]:
    return [(one.id, one.variable) for one in offline.check(site(**{**ISSUING, **changed}), controller)]


def certificate(**changed: t.Any) -> dict[str, t.Any]:
    return {name: value for name, value in {**WWW, **changed}.items() if value is not None}


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"site_acme_ca_host": "server2", "site_acme_ca_standbys": ["server1", "server3"]},
        {"site_acme_ca_standbys": []},
        {"site_acme_ca_domains": ["example.org", "apps.example.org"], "site_acme_ca_networks": ["198.51.100.0/24"]},
        {"site_acme_certificates": [WWW, certificate(hosts=["server2"])]},
        {"site_acme_certificates": [WWW, certificate(name="mail", path="/etc/mail.pem", units=["mail.service"])]},
        {
            "site_acme_ca_update_key": "acme.example.org",
            "site_acme_ca_issuer": True,
            "site_acme_certificates": [certificate(names=["*.example.org"], challenge="dns-01")],
        },
        {
            "site_acme_ca_provider": "external",
            "site_acme_ca_directory_url": "https://acme.example.net/directory",
            "site_acme_ca_root": None,
            "site_acme_ca_password": None,
        },
    ],
)
def test_certificates_that_can_be_issued(changed: dict[str, t.Any]) -> None:
    assert found(**changed) == []


@pytest.mark.parametrize(
    ("changed", "variable"),
    [
        ({"site_acme_ca": False, "site_acme_certificates": [WWW]}, "site_acme_certificates"),
        ({"site_acme_ca_provider": "boulder"}, "site_acme_ca_provider"),
        ({"site_acme_ca_host": "server9"}, "site_acme_ca_host"),
        ({"site_acme_ca_standbys": ["server1", "server9"]}, "site_acme_ca_standbys"),
        ({"site_acme_ca_domains": ["example.org", "*.example.org"]}, "site_acme_ca_domains"),
        ({"site_acme_ca_domains": ["example.org", "example.net."]}, "site_acme_ca_domains"),
        ({"site_acme_ca_domains": ["example.net"]}, "site_acme_ca_domains"),
        ({"site_acme_ca_networks": ["198.51.100.1"]}, "site_acme_ca_networks"),
        ({"site_acme_ca_directory_url": "https://acme.example.net/directory"}, "site_acme_ca_directory_url"),
        ({"site_acme_ca_provider": "external"}, "site_acme_ca_directory_url"),
        ({"site_acme_ca_update_key": "other."}, "site_acme_ca_update_key"),
        ({"site_acme_ca_issuer": True}, "site_acme_ca_issuer"),
    ],
)
def test_an_authority_that_cannot_issue(changed: dict[str, t.Any], variable: str) -> None:
    assert found(**changed) == [("V78", variable)]


@pytest.mark.parametrize(
    ("wanted", "where"),
    [
        (["www"], "[0]"),
        ([certificate(path=None)], "[0]"),
        ([certificate(pth="/x")], "[0]"),
        ([certificate(name="W W W")], "[0].name"),
        ([certificate(hosts=["server1", "server9"])], "[0].hosts"),
        ([certificate(hosts="server1")], "[0].hosts"),
        ([WWW, certificate(path="/etc/other.pem")], "[1]"),
        ([WWW, certificate(name="other")], "[1]"),
        ([certificate(names=["*.example.org"])], "[0].names"),
        ([certificate(names=["www..example.org"])], "[0].names"),
        ([certificate(challenge="dns-01")], "[0].challenge"),
        ([certificate(challenge="mail-01")], "[0].challenge"),
        ([certificate(path="etc/www.pem")], "[0].path"),
    ],
)
def test_a_certificate_that_no_host_can_have(wanted: list[t.Any], where: str) -> None:
    assert found(site_acme_certificates=wanted) == [("V79", f"site_acme_certificates{where}")]


@pytest.mark.parametrize("name", secrets.OF_ACME_CA)
def test_secrets_of_an_authority_of_its_own_alone_are_wanted(name: str) -> None:
    assert found(**{name: None}) == [("V26", name)]
    assert not secrets.needed(site(), name)
    assert not secrets.needed(site(**{**ISSUING, "site_acme_ca_provider": "external"}), name)


def test_a_root_that_may_issue_no_authorities_is_told() -> None:
    assert found(dataclasses.replace(PINNED, acme_root="something else")) == [("V26", "site_acme_ca_root")]


def test_a_version_without_a_checksum_is_told_where_it_is_installed() -> None:
    assert found(CONTROLLER) == [("V22", "acme_ca_version")]
    assert found(CONTROLLER, site_acme_ca=False) == []


def test_challenges_are_those_of_the_client() -> None:
    assert set(acme_ca.CHALLENGES) == set(lego.CHALLENGES)
