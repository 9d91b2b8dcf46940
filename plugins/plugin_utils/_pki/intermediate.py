# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate of an authority below another one: it issues for the names of a site alone, and no authorities."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass

from .certificate import Authority, in_pem, issued_by

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
    from cryptography.x509.oid import NameOID
except ImportError:  # ansible-core brings it along, its sanity tests do without
    pass

BACKDATED = datetime.timedelta(hours=1)
OTHER_USES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("encipher_only", "decipher_only"),
)
EVERYWHERE = ("0.0.0.0/0", "::/0")


@dataclass(frozen=True)
class Scope:
    """What it may issue for: domains with all below them, and networks; no address at all without any."""

    name: str
    domains: tuple[str, ...]
    networks: tuple[str, ...] = ()

    def constraints(self) -> x509.NameConstraints:
        """Return what every client holds it to (RFC 5280, 4.2.1.10)."""
        names: list[x509.GeneralName] = [x509.DNSName(domain) for domain in self.domains]
        if self.networks:
            return x509.NameConstraints([*names, *map(_network, self.networks)], None)
        return x509.NameConstraints(names, [_network(one) for one in EVERYWHERE])


def due(text: str, issuer: Authority, scope: Scope, renew: datetime.timedelta, now: datetime.datetime) -> str:
    """Why there has to be a new certificate, nothing if there need not."""
    if not text:
        return "there is none"
    try:
        found = x509.load_pem_x509_certificate(text.encode())
        constraints = found.extensions.get_extension_for_class(x509.NameConstraints).value
    except (ValueError, x509.ExtensionNotFound):
        return "it is not held to any names"
    try:
        found.verify_directly_issued_by(issuer.certificate)
    except (ValueError, TypeError, InvalidSignature):
        return "another authority has issued it"
    if constraints != scope.constraints() or found.subject != _subject(scope):
        return "it is for other names"
    if found.not_valid_after_utc - now < renew:
        return f"it ends on {found.not_valid_after_utc:%Y-%m-%d}"
    return ""


def public_key(text: str) -> CertificatePublicKeyTypes:
    return x509.load_pem_x509_certificate(text.encode()).public_key()


def new_key(password: str) -> tuple[CertificatePublicKeyTypes, str]:
    """Return a public key, and its private one in PEM, encrypted."""
    key = ec.generate_private_key(ec.SECP256R1())
    encryption = serialization.BestAvailableEncryption(password.encode())
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    return key.public_key(), secret.decode()


def issue(
    issuer: Authority,
    scope: Scope,
    key: CertificatePublicKeyTypes,
    lifetime: datetime.timedelta,
    now: datetime.datetime,
) -> str:
    """Return a new certificate in PEM. It ends no later than its issuer."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(_subject(scope))
        .issuer_name(issuer.certificate.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(max(now - BACKDATED, issuer.certificate.not_valid_before_utc))
        .not_valid_after(min(now + lifetime, issuer.certificate.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(key_cert_sign=True, crl_sign=True, **dict.fromkeys(OTHER_USES, False)), critical=True
        )
        .add_extension(scope.constraints(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(issued_by(issuer.certificate), critical=False)
    )
    return in_pem(builder.sign(issuer.key, hashes.SHA256()))


def may_issue_authorities(issuer: Authority) -> bool:
    """Tell whether there may be an authority below it."""
    try:
        found = issuer.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    return found.ca and (found.path_length is None or found.path_length > 0)


def _subject(scope: Scope) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, scope.name)])


def _network(text: str) -> x509.IPAddress:
    return x509.IPAddress(ipaddress.ip_network(text))
