"""The certificates of a control plane."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import components
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._metal_stack import certificates
from cryptography import x509

NOW = datetime.datetime(2026, 11, 29, tzinfo=datetime.UTC)
BOTH = components.chosen(["nsq", "metal"])


@pytest.fixture(scope="module")
def first():
    return settle({})[0]


def settle(kept, given=None, now=NOW, chosen=BOTH):
    return certificates.settle(chosen, kept, given or {}, "prod", "metal-control-plane", "metal.example.org", now)


def names(pem):
    found = x509.load_pem_x509_certificate(pem.encode())
    return found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)


def test_all_that_metal_roles_asks_for_is_issued_by_one_authority(first):
    assert set(first) == {
        "certificate_authority", *(name for one in certificates.CERTIFICATES for name in one.variables)
    }  # fmt: skip
    assert "masterdata-api" in names(first["metal_masterdata_api_tls_cert"])
    assert "api.metal.example.org" in names(first["metal_api_grpc_certs_server_cert"])
    assert {"nsqd", "metal.example.org"} <= set(names(first["nsq_certs_client_cert"]))
    # Who reads it reads both out of one file.
    assert first["nsq_certs_client_cert"].endswith(first["nsq_certs_client_key"])
    assert first["metal_masterdata_api_tls_ca"] == first["nsq_certs_ca_cert"]


def test_they_stay_until_they_end_soon_and_the_authority_stays_then(first):
    assert settle(first, now=NOW + datetime.timedelta(days=300)) == (first, [])
    later, news = settle(first, now=NOW + datetime.timedelta(days=310))
    assert len(news) == len(certificates.CERTIFICATES)
    assert later["certificate_authority"] == first["certificate_authority"]
    assert later["nsq_certs_client_cert"] != first["nsq_certs_client_cert"]


def test_only_what_is_damaged_is_issued_again(first):
    damaged = {**first, "metal_masterdata_api_tls_cert_key": first["nsq_certs_client_key"]}
    found, news = settle(damaged)
    assert news == ["metal_masterdata_api_tls_cert (its private key is missing or another one)"]
    assert found["nsq_certs_client_cert"] == first["nsq_certs_client_cert"]


def test_no_authority_is_made_for_data_that_are_there(first):
    def lost(kept, given=None):
        return certificates.lost(BOTH, kept, given or {}, {"metal-db"})

    assert "the authority that the control plane had is not known" in lost({})[0]
    assert lost(first) == []
    assert lost({}, {name: "given" for one in certificates.CERTIFICATES for name in one.variables}) == []
    assert certificates.lost(BOTH, {}, {}, {"ipam-db"}) == []


def test_those_that_the_inventory_gives_are_not_issued():
    given = {"nsq_certs_ca_cert": "a", "nsq_certs_client_cert": "b", "nsq_certs_client_key": "c"}
    found, _ = settle({}, given)
    assert not set(given) & set(found)
    assert "metal_masterdata_api_tls_cert" in found
    assert settle({}, given, chosen=components.chosen(["nsq"])) == ({}, [])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["nsq_certs_ca_cert"], "nsq_certs_ca_cert given without nsq_certs_client_cert, nsq_certs_client_key"),
        (["nsq_certs_ca_cert", "nsq_certs_client_cert", "nsq_certs_client_key"], ""),
        (
            [f"metal_api_grpc_certs_{name}" for name in ("ca_cert", "server_cert", "server_key")],
            "",
        ),
        (["metal_masterdata_api_tls_client_cert"], "given without metal_masterdata_api_tls_ca"),
    ],
)
def test_certificates_are_given_all_or_none(given, expected):
    found = certificates.complaints(dict.fromkeys(given, "x"))
    assert expected in "".join(found) and bool(found) is bool(expected)
