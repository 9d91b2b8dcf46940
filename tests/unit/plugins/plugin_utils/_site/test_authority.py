"""The certificate authority of a site."""

from __future__ import annotations

import datetime

import pytest
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._site import authority
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

MADE, OTHER = authority.generate("example"), authority.generate("example")


def blocks(text: str) -> tuple[str, str]:
    """Its private key and its certificate."""
    key, certificate = (found.group() + "\n" for found in authority.BLOCK.finditer(text))
    return key, certificate


KEY, CERTIFICATE = blocks(MADE)


def leaf() -> str:
    """A key and a certificate that is signed by itself and may sign nothing."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "host")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=1))
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    return (secret + builder.sign(key, hashes.SHA256()).public_bytes(pem)).decode()


def locked() -> str:
    """The key under a password."""
    key = serialization.load_pem_private_key(KEY.encode(), password=None)
    encryption = serialization.BestAvailableEncryption(b"password")
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption).decode()


def test_it_may_sign_certificates_of_hosts_and_nothing_else() -> None:
    certificate = x509.load_pem_x509_certificate(CERTIFICATE.encode())
    extensions = {extension.oid._name: extension for extension in certificate.extensions}
    constraints, usage = extensions["basicConstraints"], extensions["keyUsage"]
    assert constraints.critical and usage.critical
    assert (constraints.value.ca, constraints.value.path_length) == (True, 0)
    assert (usage.value.key_cert_sign, usage.value.crl_sign, usage.value.digital_signature) == (True, True, False)
    assert "subjectKeyIdentifier" in extensions


def test_it_is_of_the_site_and_valid_now_and_for_ten_years() -> None:
    certificate = x509.load_pem_x509_certificate(CERTIFICATE.encode())
    now = datetime.datetime.now(datetime.UTC)
    assert certificate.subject.rfc4514_string() == certificate.issuer.rfc4514_string() == "CN=example site CA"
    assert certificate.not_valid_before_utc < now - datetime.timedelta(minutes=30)
    assert certificate.not_valid_after_utc > now + datetime.timedelta(days=3640)
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1"
    certificate.verify_directly_issued_by(certificate)


@pytest.mark.parametrize(("name", "subject"), [("", "CN=site CA"), ("a" * 63, f"CN={'a' * 56} site CA")])
def test_it_is_called_by_what_is_known(name: str, subject: str) -> None:
    certificate = x509.load_pem_x509_certificate(blocks(authority.generate(name))[1].encode())
    assert certificate.subject.rfc4514_string() == subject


def test_no_two_are_the_same() -> None:
    assert blocks(MADE)[0] != blocks(OTHER)[0]


@pytest.mark.parametrize("text", [MADE, MADE.rstrip(), CERTIFICATE + KEY, MADE.replace("\n", "\r\n")])
def test_an_authority_has_no_problem(text: str) -> None:
    assert authority.problem(text) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "one private key and one certificate"),
        ("change-me", "one private key and one certificate"),
        (KEY, "one private key and one certificate"),
        (CERTIFICATE, "one private key and one certificate"),
        (MADE + blocks(OTHER)[1], "one private key and one certificate"),
        (blocks(OTHER)[0] + CERTIFICATE, "a certificate of the private key beside it"),
        (KEY.replace("MIG", "AAA") + CERTIFICATE, "both readable"),
        (KEY + CERTIFICATE.replace("MII", "AAA"), "both readable"),
        (locked() + CERTIFICATE, "without a password"),
        (leaf(), "of an authority"),
    ],
)
def test_anything_else_has(text: str, expected: str) -> None:
    assert expected in authority.problem(text)
