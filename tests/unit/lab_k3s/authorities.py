"""Certificate authorities made for tests, cross-signed as k3s's own script does it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lab.k3s.standin import pki

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    name: str
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return pki.pem_of(self.certificate.public_bytes(pki.serialization.Encoding.DER))

    @property
    def key_pem(self) -> bytes:
        return pki.key_pem(self.key)


def authority(name: str, parent: Authority | None = None, like: Authority | None = None) -> Authority:
    """Signed by itself or by `parent`; with the key and the name of another one if it is to be cross-signed."""
    key = like.key if like else ec.generate_private_key(ec.SECP256R1())
    subject = _name(like.name if like else name)
    issuer, signer = (parent.certificate.subject, parent.key) if parent else (subject, key)
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - DAY).not_valid_after(now + 1000 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )  # fmt: skip
    return Authority(like.name if like else name, key, built)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass(frozen=True)
class Succession:
    """An old root, and the bundle of a new one that the old one vouches for."""

    old: Authority
    root: Authority
    crossed: Authority
    leaf: Authority

    @property
    def bundle(self) -> bytes:
        return self.leaf.pem + self.root.pem + self.crossed.pem + self.old.pem

    @property
    def keys(self) -> bytes:
        return self.leaf.key_pem + self.root.key_pem


def succession() -> Succession:
    old, root = authority("old"), authority("root")
    return Succession(old, root, authority("root", parent=old, like=root), authority("leaf", parent=root))
