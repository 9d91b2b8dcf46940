"""Authorities to take the place of a cluster's own: of its root or cross-signed by it, or of nobody it knows."""

from __future__ import annotations

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM
DAY = datetime.timedelta(days=1)

Key = ec.EllipticCurvePrivateKey


class Successor:
    """An intermediate authority under a root of its own."""

    def __init__(self, name: str) -> None:
        self._root_name, self._root_key, self._key = f"{name}-root", _key(), _key()
        self._root = _signed(self._root_name, self._root_key)
        self._leaf = _signed(f"{name}-intermediate", self._key, self._root, self._root_key)

    @property
    def keys(self) -> bytes:
        return _pem(self._key) + _pem(self._root_key)

    @property
    def bundle(self) -> bytes:
        return self._leaf.public_bytes(PEM) + self._root.public_bytes(PEM)

    @property
    def fingerprint(self) -> str:
        return self._root.fingerprint(hashes.SHA256()).hex()

    def after(self, old: bytes, old_key: bytes) -> bytes:
        """The bundle with what makes those trust it who know only the old authority."""
        before, key = x509.load_pem_x509_certificate(old), serialization.load_pem_private_key(old_key, None)
        assert isinstance(key, Key)
        crossed = _signed(self._root_name, self._root_key, before, key)
        # Before the root: of two with one name OpenSSL tries the first.
        return self._leaf.public_bytes(PEM) + crossed.public_bytes(PEM) + self._root.public_bytes(PEM) + old


def _key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def _pem(key: Key) -> bytes:
    return key.private_bytes(PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())


def _signed(
    name: str, key: Key, issuer: x509.Certificate | None = None, issuers_key: Key | None = None
) -> x509.Certificate:
    """Signed by another authority, or by itself."""
    now, subject = datetime.datetime.now(datetime.UTC), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    theirs = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value if issuer else own
    usage = x509.KeyUsage(True, False, True, False, False, True, False, False, False)
    return (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(issuer.subject if issuer else subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - DAY).not_valid_after(now + 3650 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(own, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(theirs), critical=False)
        .sign(issuers_key or key, hashes.SHA256())
    )  # fmt: skip
