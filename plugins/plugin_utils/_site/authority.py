# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate authority of a site: one text with its private key and its certificate, both PEM."""

from __future__ import annotations

import datetime
import re

try:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID
except ImportError:  # ansible-core brings it along, its sanity tests do without
    pass

YEARS = 10
# a common name takes 64 characters
LONGEST_NAME = 56
# a host whose clock is a bit behind takes it too
EARLIER = datetime.timedelta(hours=1)
BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\s.+?\s-----END \1-----", re.DOTALL)
USES_OF_KEY = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("encipher_only", "decipher_only"),
)


def generate(name: str, path_length: int = 0) -> str:
    """Make the authority of the site of that name, if it is known, below which there may be so many others."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name[:LONGEST_NAME]} site CA".strip())])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + datetime.timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(
            x509.KeyUsage(key_cert_sign=True, crl_sign=True, **dict.fromkeys(USES_OF_KEY, False)), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return (secret + certificate.public_bytes(serialization.Encoding.PEM)).decode()


def problem(text: str, above_others: bool = False) -> str:
    """Say what an authority has to be that this text is not; nothing when it is one.

    above_others: whether it is to issue authorities.
    """
    blocks = [(found.group(1), found.group().encode()) for found in BLOCK.finditer(text)]
    keys = [block for label, block in blocks if label.endswith("PRIVATE KEY")]
    certificates = [block for label, block in blocks if label == "CERTIFICATE"]
    if len(keys) != 1 or len(certificates) != 1:
        return "one private key and one certificate, both PEM, in one text"
    try:
        key = serialization.load_pem_private_key(keys[0], password=None)
        certificate = x509.load_pem_x509_certificate(certificates[0])
        belongs = _public(key.public_key()) == _public(certificate.public_key())
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return "a private key without a password and a certificate, both readable"
    if not belongs:
        return "a certificate of the private key beside it"
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (x509.ExtensionNotFound, ValueError):
        return "a certificate of an authority (basicConstraints CA:TRUE)"
    if not constraints.ca:
        return "a certificate of an authority (basicConstraints CA:TRUE)"
    if above_others and constraints.path_length == 0:
        return "a certificate that may issue authorities (basicConstraints without pathlen:0)"
    return ""


def _public(key: object) -> bytes:
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(encoding, form)  # type: ignore[attr-defined]
