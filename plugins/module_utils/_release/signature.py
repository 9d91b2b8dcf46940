# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether bytes are a signature of cosign for a digest, by a public key. Pure.

Sources: cosign's `specs/SIGNATURE_SPEC.md` (simple signing, what cosign 2 makes) and `specs/BUNDLE_SPEC.md` (a DSSE
envelope around an in-toto statement, what cosign 3 makes); DSSE's pre-authentication encoding, version 1.
The transparency log is not asked: the key alone decides, as with C(cosign verify --insecure-ignore-tlog).
"""

from __future__ import annotations

import base64
import json
import re
import typing as t

from .errors import ReleaseError

try:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    HAS_CRYPTOGRAPHY = True
except ImportError:
    HAS_CRYPTOGRAPHY = False

SIMPLE_SIGNING = "cosign container image signature"
STATEMENT = "application/vnd.in-toto+json"
SIGN_PREDICATE = "https://sigstore.dev/cosign/sign/v1"

Verifier = t.Callable[[bytes, bytes], bool]

_PEM = re.compile(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----", re.DOTALL)


class Unsigned(ReleaseError):
    """The content is no signature by the key, or is one of something else."""


def verifier(keys: str) -> Verifier:
    """Tell whether one of the PEM public keys, ECDSA on P-256 as cosign makes them, has signed a message."""
    if not HAS_CRYPTOGRAPHY:
        raise ReleaseError(
            "signatures are verified with the Python package cryptography, which this Python lacks; install it, "
            "or run the module with ansible_python_interpreter={{ ansible_playbook_python }}"
        )
    known = [_public_key(pem) for pem in _PEM.findall(keys)]
    if not known:
        raise ReleaseError("oci_cosign_verify_key has no key; expected the PEM text of cosign.pub")

    def verify(signature: bytes, message: bytes) -> bool:
        return any(_is_by(key, signature, message) for key in known)

    return verify


def check_simple(payload: bytes, signature: str, digest: str, verify: Verifier) -> None:
    """Raise unless a payload of simple signing is signed, with a base64 signature, and is about the digest."""
    if not verify(_decoded(signature), payload):
        raise Unsigned("a signature is by another key, or what it covers was changed")
    critical = _inner(_json(payload), "critical")
    if critical.get("type") != SIMPLE_SIGNING:
        raise Unsigned(f"a signature covers a {critical.get('type')!r}; expected a {SIMPLE_SIGNING!r}")
    _require(digest, [str(_inner(critical, "image").get("docker-manifest-digest"))])


def check_bundle(bundle: bytes, digest: str, verify: Verifier) -> None:
    """Raise unless a Sigstore bundle holds a signed statement that the digest was signed."""
    envelope = _inner(_json(bundle), "dsseEnvelope")
    if envelope.get("payloadType") != STATEMENT:
        raise Unsigned("a bundle has no statement in it")
    payload = _decoded(str(envelope.get("payload")))
    signatures = [_decoded(str(one.get("sig"))) for one in _listed(envelope, "signatures")]
    if not any(verify(signature, encoded(STATEMENT, payload)) for signature in signatures):
        raise Unsigned("a signature is by another key, or what it covers was changed")
    statement = _json(payload)
    if statement.get("predicateType") != SIGN_PREDICATE:
        # A provenance by the same key says how something was made, not that it is released.
        raise Unsigned(f"a bundle is a {statement.get('predicateType')}; expected a {SIGN_PREDICATE}")
    subjects = [_inner(subject, "digest").get("sha256") for subject in _listed(statement, "subject")]
    _require(digest, [f"sha256:{subject}" for subject in subjects])


def encoded(payload_type: str, payload: bytes) -> bytes:
    """What DSSE signs."""
    return b"DSSEv1 %d %s %d %s" % (len(payload_type), payload_type.encode(), len(payload), payload)


def _require(digest: str, found: list[str]) -> None:
    if digest not in found:
        raise Unsigned(f"a signature is for {', '.join(found) or 'nothing'}; expected {digest}")


def _public_key(pem: str) -> t.Any:
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ReleaseError(f"oci_cosign_verify_key is no public key: {error}") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ReleaseError("oci_cosign_verify_key is of another kind; expected ECDSA on P-256, as cosign makes keys")
    return key


def _is_by(key: t.Any, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Unsigned(f"a signature is no base64: {error}") from error


def _json(content: bytes) -> dict[str, t.Any]:
    try:
        document = json.loads(content)
    except ValueError as error:
        raise Unsigned(f"a signature covers no JSON: {error}") from error
    if not isinstance(document, dict):
        raise Unsigned("a signature covers no JSON object")
    return document


def _inner(document: dict[str, t.Any], key: str) -> dict[str, t.Any]:
    inner = document.get(key)
    return inner if isinstance(inner, dict) else {}


def _listed(document: dict[str, t.Any], key: str) -> list[dict[str, t.Any]]:
    listed = document.get(key)
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
