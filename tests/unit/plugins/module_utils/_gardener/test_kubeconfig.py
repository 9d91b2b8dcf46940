"""What a kubeconfig of a shoot says, and when another one is due."""

from __future__ import annotations

import base64
import datetime

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._gardener import kubeconfig
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NOON = datetime.datetime(2026, 11, 30, 12, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
AUTHORITY = "of the shoot"
SERVERS = {"external": "https://api.a.test", "internal": "https://api.a.internal.test"}
OFFER = kubeconfig.Offered(SERVERS, AUTHORITY)


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def certificate(group="gardener.cloud:system:admins", ends=NOON + HOUR):
    key = ec.generate_private_key(ec.SECP256R1())
    names = [
        x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, group),
        x509.NameAttribute(x509.NameOID.COMMON_NAME, "x:admin"),
    ]
    made = x509.CertificateBuilder(subject_name=x509.Name(names), issuer_name=x509.Name([]))
    made = made.public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(NOON - HOUR).not_valid_after(ends)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def config(pem=None, servers=None, authority=AUTHORITY, whole="garden-a--fra"):
    clusters = [
        {
            "name": f"{whole}-{name}",
            "cluster": {"server": server, **({"certificate-authority-data": encoded(authority)} if authority else {})},
        }
        for name, server in (SERVERS if servers is None else servers).items()
    ]
    user = {"client-certificate-data": encoded(pem or certificate()), "client-key-data": encoded("key")}
    return {"kind": "Config", "clusters": clusters, "users": [{"name": f"{whole}-external", "user": user}]}


@pytest.mark.parametrize(
    ("group", "role"),
    [
        ("gardener.cloud:system:admins", "admin"),
        ("gardener.cloud:system:viewers", "viewer"),
        ("gardener.cloud:project:admins", "admin"),
        ("gardener.cloud:project:viewers", "viewer"),
    ],
)
def test_a_kubeconfig_says_its_role_and_its_end(group, role):
    found = kubeconfig.held(config(certificate(group)), "garden-a", "fra")
    assert found == kubeconfig.Held(role, NOON + HOUR, SERVERS, {AUTHORITY})


@pytest.mark.parametrize(
    "strange",
    [
        None,
        "text",
        [],
        {},
        {**config(), "users": []},
        {**config(), "clusters": [{"name": "x"}]},
        config(whole="garden-a--other"),
        # A shoot whose name begins as ours does.
        config(whole="garden-a--fra2"),
        config(certificate("system:masters")),
        config("no certificate"),
        {**config(), "users": [{"name": "x", "user": {"token": "t"}}]},
        {**config(), "users": [{"name": "x", "user": {"client-certificate-data": "!"}}]},
    ],
    ids=str,
)
def test_what_is_no_kubeconfig_of_the_shoot_is_told(strange):
    with pytest.raises(kubeconfig.Stranger):
        kubeconfig.held(strange, "garden-a", "fra")


@pytest.mark.parametrize(
    ("given", "role", "before", "offer", "expected"),
    [
        (config(), "admin", 0, OFFER, ""),
        (config(), "admin", 3599, OFFER, ""),
        (config(), "admin", 3600, OFFER, "it ends at 2026-11-30T13:00:00Z"),
        (config(certificate(ends=NOON)), "admin", 0, OFFER, "it ended at 2026-11-30T12:00:00Z"),
        (config(), "viewer", 0, OFFER, "its role is admin, not viewer"),
        (config(authority="former"), "admin", 0, OFFER, "the authority of the shoot is rotated"),
        (config(authority=None), "admin", 0, OFFER, "the authority of the shoot is rotated"),
        (config(), "admin", 0, OFFER._replace(servers={"external": "x"}), "the addresses of the shoot are others"),
        # Who asks may not read it.
        (config(authority="former"), "admin", 0, OFFER._replace(authorities=None), ""),
    ],
)
def test_another_one_is_due(given, role, before, offer, expected):
    found = kubeconfig.held(given, "garden-a", "fra")
    assert kubeconfig.due(found, role, NOON, datetime.timedelta(seconds=before), offer) == expected


def test_an_address_of_the_seed_is_trusted_by_itself():
    servers = {"wildcard-tls-seed-bound": "https://api-x.seed.test"}
    found = kubeconfig.held(config(servers=servers, authority=None), "garden-a", "fra")
    assert kubeconfig.due(found, "admin", NOON, HOUR / 2, kubeconfig.Offered(servers, AUTHORITY)) == ""


def test_what_is_offered_are_the_addresses_of_the_api_server_alone():
    addresses = [
        {"name": "external", "url": "https://api.a.test"},
        {"name": "internal", "url": "https://api.a.internal.test:443/path"},
        {"name": "service-account-issuer", "url": "https://issuer.test"},
    ]
    offer = kubeconfig.offered({"status": {"advertisedAddresses": addresses}}, {"data": {"ca.crt": AUTHORITY}})
    assert offer == kubeconfig.Offered({**SERVERS, "internal": "https://api.a.internal.test:443"}, AUTHORITY)


@pytest.mark.parametrize(("shoot", "bundle"), [({}, None), ({"status": {}}, {"data": {}}), ({"status": None}, {})])
def test_nothing_is_offered_before_there_is_a_control_plane(shoot, bundle):
    assert kubeconfig.offered(shoot, bundle) == kubeconfig.Offered({}, None)
