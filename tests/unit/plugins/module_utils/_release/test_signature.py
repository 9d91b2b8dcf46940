"""Signatures of cosign; the fixtures are what the real one made."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from ansible_collections.metalstack.autonomous.plugins.module_utils._release import signature
from ansible_collections.metalstack.autonomous.plugins.module_utils._release.errors import ReleaseError
from ansible_collections.metalstack.autonomous.plugins.module_utils._release.signature import Unsigned
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

# Made with cosign v3.1.3 and a key that was thrown away.
SIGNED = json.loads((Path(__file__).parent / "signed.json").read_text())
DIGEST = SIGNED["digest"]
OTHER = f"sha256:{'0' * 64}"


def pem(key):
    encoding, kind = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(encoding, kind).decode()


OWN = ec.generate_private_key(ec.SECP256R1())


def own(message):
    return base64.b64encode(OWN.sign(message, ec.ECDSA(hashes.SHA256()))).decode()


def simple(payload, digest=DIGEST, key=None):
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    signature.check_simple(content, own(content), digest, signature.verifier(key or pem(OWN)))


def bundle(statement, digest=DIGEST, kind=signature.STATEMENT):
    content = statement if isinstance(statement, bytes) else json.dumps(statement).encode()
    signed = own(signature.encoded(signature.STATEMENT, content))
    envelope = {
        "payload": base64.b64encode(content).decode(),
        "payloadType": kind,
        "signatures": [{"sig": signed}],
    }
    document = json.dumps({"dsseEnvelope": envelope}).encode()
    signature.check_bundle(document, digest, signature.verifier(pem(OWN)))


def test_what_cosign_signed_is_taken():
    verify = signature.verifier(SIGNED["key"])
    signature.check_simple(SIGNED["payload"].encode(), SIGNED["signature"], DIGEST, verify)
    signature.check_bundle(SIGNED["bundle"].encode(), DIGEST, verify)


def test_one_key_of_several_is_enough():
    signature.check_bundle(SIGNED["bundle"].encode(), DIGEST, signature.verifier(pem(OWN) + SIGNED["key"]))


@pytest.mark.parametrize(
    ("digest", "key", "expected"),
    [(OTHER, SIGNED["key"], f"a signature is for {DIGEST}; expected {OTHER}"), (DIGEST, pem(OWN), "by another key")],
)
def test_another_digest_or_another_key_is_refused(digest, key, expected):
    verify = signature.verifier(key)
    with pytest.raises(Unsigned, match=expected):
        signature.check_simple(SIGNED["payload"].encode(), SIGNED["signature"], digest, verify)
    with pytest.raises(Unsigned, match=expected):
        signature.check_bundle(SIGNED["bundle"].encode(), digest, verify)


def test_a_payload_that_was_changed_is_refused():
    verify = signature.verifier(SIGNED["key"])
    with pytest.raises(Unsigned, match="what it covers was changed"):
        signature.check_simple(SIGNED["payload"].replace(DIGEST, OTHER).encode(), SIGNED["signature"], OTHER, verify)
    document = json.loads(SIGNED["bundle"])
    payload = base64.b64decode(document["dsseEnvelope"]["payload"]).replace(DIGEST[7:].encode(), OTHER[7:].encode())
    document["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
    with pytest.raises(Unsigned, match="what it covers was changed"):
        signature.check_bundle(json.dumps(document).encode(), OTHER, verify)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"text", "covers no JSON:"),
        ([], "covers no JSON object"),
        ({}, "covers a None"),
        ({"critical": []}, "covers a None"),
        ({"critical": {"type": "another"}}, "covers a 'another'"),
        ({"critical": {"type": signature.SIMPLE_SIGNING}}, "a signature is for None"),
        ({"critical": {"type": signature.SIMPLE_SIGNING, "image": DIGEST}}, "a signature is for None"),
    ],
)
def test_a_signed_text_that_says_nothing_of_the_digest_is_refused(payload, expected):
    with pytest.raises(Unsigned, match=expected):
        simple(payload)


STATEMENT = {"predicateType": signature.SIGN_PREDICATE, "subject": [{"digest": {"sha256": DIGEST[7:]}}]}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (b"text", "covers no JSON:"),
        ({**STATEMENT, "predicateType": "https://slsa.dev/provenance/v1"}, "a bundle is a https://slsa.dev/provenance"),
        ({**STATEMENT, "subject": []}, "a signature is for nothing"),
        ({**STATEMENT, "subject": DIGEST}, "a signature is for nothing"),
        ({**STATEMENT, "subject": [{"digest": {"sha512": DIGEST[7:]}}]}, "a signature is for sha256:None"),
    ],
)
def test_a_signed_statement_that_is_no_signature_of_the_digest_is_refused(statement, expected):
    bundle(STATEMENT)
    with pytest.raises(Unsigned, match=expected):
        bundle(statement)


@pytest.mark.parametrize(
    "content",
    [b"{}", b'{"dsseEnvelope": []}', b'{"messageSignature": {}}', b'{"dsseEnvelope": {"payloadType": "text"}}'],
)
def test_a_bundle_without_a_statement_is_refused(content):
    with pytest.raises(Unsigned, match="a bundle has no statement in it"):
        signature.check_bundle(content, DIGEST, signature.verifier(pem(OWN)))


def test_what_is_signed_as_another_kind_is_refused():
    with pytest.raises(Unsigned, match="a bundle has no statement in it"):
        bundle(STATEMENT, kind="application/json")


@pytest.mark.parametrize("text", ["no base64!", "", "AAAA", "AA\u00e4A"])
def test_a_signature_that_is_none_is_refused(text):
    with pytest.raises(Unsigned):
        signature.check_simple(b"{}", text, DIGEST, signature.verifier(pem(OWN)))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("", "has no key"),
        ("/srv/cosign.pub", "has no key; expected the PEM text"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "is no public key"),
        (pem(ec.generate_private_key(ec.SECP384R1())), "expected ECDSA on P-256"),
        (pem(rsa.generate_private_key(65537, 2048)), "expected ECDSA on P-256"),
    ],
)
def test_a_key_of_another_kind_is_told(keys, expected):
    with pytest.raises(ReleaseError, match=expected):
        signature.verifier(keys)
