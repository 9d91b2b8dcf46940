# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of servers, issued by an authority whose key the controller has: when one is due, and a new one."""

from __future__ import annotations

import datetime
import ipaddress
import typing as t
from dataclasses import dataclass

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError:  # ansible-core brings it along, its sanity tests do without
    pass

# Clocks of clients may be behind.
BACKDATED = datetime.timedelta(hours=1)
COMMON_NAME_LENGTH = 64


class BadAuthority(ValueError):
    """What was given as an authority is none."""


@dataclass(frozen=True)
class Authority:
    """A certificate that may issue others, and its private key."""

    certificate: x509.Certificate
    key: CertificateIssuerPrivateKeyTypes

    @property
    def pem(self) -> str:
        return in_pem(self.certificate)


@dataclass(frozen=True)
class Subject:
    """What a certificate is for: DNS names and IP addresses, at least one of both; a client proves itself, too."""

    names: tuple[str, ...]
    addresses: tuple[str, ...]
    client: bool = False

    def extension(self) -> x509.SubjectAlternativeName:
        addresses = (x509.IPAddress(ipaddress.ip_address(one)) for one in self.addresses)
        return x509.SubjectAlternativeName([*(x509.DNSName(one) for one in self.names), *addresses])

    def usage(self) -> x509.ExtendedKeyUsage:
        client = [ExtendedKeyUsageOID.CLIENT_AUTH] if self.client else []
        return x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, *client])


def authority(pem: str) -> Authority:
    """Read private key and certificate out of one text; they have to belong together."""
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
        certificate = x509.load_pem_x509_certificate(pem[pem.index("-----BEGIN CERTIFICATE") :].encode())
    except (ValueError, TypeError) as error:
        raise BadAuthority(
            "the authority is not a private key and a certificate in PEM, one after the other"
        ) from error
    if key.public_key() != certificate.public_key():
        raise BadAuthority("the authority's private key is not that of its certificate")
    return Authority(certificate, t.cast(CertificateIssuerPrivateKeyTypes, key))


def due(
    pem: str, matches: bool, issuer: Authority, subject: Subject, renew: datetime.timedelta, now: datetime.datetime
) -> str:
    """Why a host needs a new certificate, nothing if it does not; ``matches`` tells whether the host has its key."""
    if not pem:
        return "there is none"
    try:
        found = x509.load_pem_x509_certificate(pem.encode())
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        usage = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, x509.ExtensionNotFound):
        return "it is no certificate of a server"
    try:
        found.verify_directly_issued_by(issuer.certificate)
    except (ValueError, TypeError, InvalidSignature):
        return "another authority has issued it"
    if not matches:
        return "its private key is missing or another one"
    if set(names) != set(subject.extension()):
        return "it is for other names"
    if not set(usage) >= set(subject.usage()):
        return "it does not serve a client"
    if found.not_valid_after_utc - now < renew:
        return f"it ends on {found.not_valid_after_utc:%Y-%m-%d}"
    return ""


def issue(issuer: Authority, subject: Subject, lifetime: datetime.timedelta, now: datetime.datetime) -> tuple[str, str]:
    """A new certificate for a server and its private key, both in PEM. It ends no later than its issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    common = next((one for one in (*subject.names, *subject.addresses) if len(one) <= COMMON_NAME_LENGTH), "server")
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)]))
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(max(now - BACKDATED, issuer.certificate.not_valid_before_utc))
        .not_valid_after(min(now + lifetime, issuer.certificate.not_valid_after_utc))
        .add_extension(subject.extension(), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(subject.usage(), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(issued_by(issuer.certificate), critical=False)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return in_pem(builder.sign(issuer.key, hashes.SHA256())), private.decode()


def fingerprint(pem: str) -> str:
    """SHA-256 of a certificate, in hexadecimal; nothing for none."""
    return x509.load_pem_x509_certificate(pem.encode()).fingerprint(hashes.SHA256()).hex() if pem else ""


def issued_by(certificate: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """The extension that says who has issued a certificate."""
    try:
        identifier = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(certificate.public_key())  # type: ignore[arg-type]
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def in_pem(certificate: x509.Certificate) -> str:
    """A certificate in PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
