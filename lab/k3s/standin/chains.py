"""Bundles of certificate authorities: the signing one first, then what leads from it to a root."""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

Certificate = x509.Certificate
BEGIN = b"-----BEGIN CERTIFICATE-----"
KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----\n?", re.DOTALL)


def read(pem: bytes) -> list[Certificate]:
    return x509.load_pem_x509_certificates(pem)


def pem_of(certificates: Sequence[Certificate]) -> bytes:
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)


def first(pem: bytes) -> bytes:
    """The signing certificate alone; a file of one stays as it is."""
    return pem_of(read(pem)[:1]) if pem.count(BEGIN) > 1 else pem


def first_key(pem: bytes) -> bytes:
    """The signing key alone; behind it a file may have those of the authorities above, or former ones."""
    keys = KEY.findall(pem)
    return pem if len(keys) < 2 else keys[0]


def keys(pem: bytes) -> list[PrivateKeyTypes]:
    return [serialization.load_pem_private_key(key, None) for key in KEY.findall(pem)]


def is_root(certificate: Certificate) -> bool:
    return _issuers_key_id(certificate) in (b"", _key_id(certificate))


def presented(bundle: Sequence[Certificate]) -> list[Certificate]:
    """Cross-signed ones before the self-signed of the same name: OpenSSL follows the first, and tries no other."""
    return sorted(bundle, key=is_root)


def verified(
    certificate: Certificate, roots: Sequence[Certificate], between: Sequence[Certificate]
) -> list[Certificate]:
    """The chain from a certificate to one of the roots; empty where there is none."""
    if certificate in roots:
        return [certificate]
    for root in roots:
        if _issued(certificate, root):
            return [certificate, root]
    for index, issuer in enumerate(between):
        if not is_root(issuer) and _issued(certificate, issuer):
            rest = verified(issuer, roots, [*between[:index], *between[index + 1 :]])
            if rest:
                return [certificate, *rest]
    return []


def fingerprint(pem: bytes) -> str:
    """What a token says about the authority: its root where the bundle has one, else the bytes of the file."""
    if pem.count(BEGIN) > 1:
        bundle = read(pem)
        chain = verified(bundle[0], [c for c in bundle[1:] if is_root(c)], [c for c in bundle[1:] if not is_root(c)])
        if chain:
            return chain[-1].fingerprint(hashes.SHA256()).hex()
    return hashlib.sha256(pem).hexdigest()


def _key_id(certificate: Certificate) -> bytes:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return b""


def _issuers_key_id(certificate: Certificate) -> bytes:
    try:
        value = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    except x509.ExtensionNotFound:
        return b""
    return value.key_identifier or b""


def _issued(certificate: Certificate, issuer: Certificate) -> bool:
    now = datetime.datetime.now(datetime.UTC)
    if not issuer.not_valid_before_utc <= now <= issuer.not_valid_after_utc:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
