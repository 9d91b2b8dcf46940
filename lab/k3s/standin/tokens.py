"""Tokens: their formats, what is derived from them, and what they encrypt."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from . import chains
from .errors import Refusal

PREFIX = "K10"


@dataclass(frozen=True)
class Token:
    password: str
    ca_hash: str = ""


def parse(text: str) -> Token:
    """A bare password, or K10<CA hash>::<user>:<password>."""
    if not text:
        raise Refusal("token must not be empty")
    if not text.startswith(PREFIX):
        return Token(text)
    ca_hash, separator, credentials = text[len(PREFIX) :].partition("::")
    user, colon, password = credentials.partition(":")
    if ca_hash and len(ca_hash) != 64:
        raise Refusal("invalid token CA hash length")
    if not (separator and user and colon and password):
        raise Refusal("invalid token format")
    return Token(password, ca_hash)


def secure(ca: bytes, user: str, password: str) -> str:
    return f"{PREFIX}{ca_hash(ca)}::{user}:{password}"


def ca_hash(ca: bytes) -> str:
    return chains.fingerprint(ca)


def check_ca(token: Token, ca: bytes) -> None:
    if token.ca_hash and token.ca_hash != ca_hash(ca):
        raise Refusal(f"token CA hash does not match the Cluster CA certificate hash: {token.ca_hash} != {ca_hash(ca)}")


def bootstrap_credential(password: str, purpose: str) -> tuple[str, str]:
    """Id and secret of the Kubernetes bootstrap token that stands for a k3s token."""
    digest = hashlib.sha256(f"k3s stand-in {purpose}:{password}".encode()).hexdigest()
    return digest[:6], digest[6:22]


def encrypt(password: str, plain: bytes) -> str:
    salt, nonce = os.urandom(8).hex(), os.urandom(12)
    sealed = nonce + AESGCM(_key(password, salt)).encrypt(nonce, plain, None)
    return f"{salt}:{base64.b64encode(sealed).decode()}"


def decrypt(password: str, sealed: str) -> bytes:
    salt, _, encoded = sealed.partition(":")
    data = base64.b64decode(encoded)
    try:
        return AESGCM(_key(password, salt)).decrypt(data[:12], data[12:], None)
    except InvalidTag:
        raise Refusal("bootstrap data already found and encrypted with different token") from None


def _key(password: str, salt: str) -> bytes:
    return hashlib.pbkdf2_hmac("sha1", password.encode(), salt.encode(), 4096, 32)
