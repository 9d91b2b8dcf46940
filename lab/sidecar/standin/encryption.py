"""Encryption: AES-256 in CTR mode, the key as it is given, the IV behind what it encrypts. Nothing proves it whole."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from lab.sidecar.standin.errors import Failure

SUFFIX = ".aes"
KEY, IV = 32, 16


def check(key: str) -> None:
    if len(key.encode()) != KEY:
        raise Failure(f"key length: {len(key.encode())} invalid, must be {KEY} bytes")
    if not key.isascii():
        raise Failure("key must only contain ascii characters")


def encrypt(file: Path, key: str) -> Path:
    """Replace the file by one with a suffix."""
    iv = os.urandom(IV)
    target = file.with_name(file.name + SUFFIX)
    target.write_bytes(_crypt(file.read_bytes(), key, iv) + iv)
    file.unlink()
    return target


def decrypt(file: Path, key: str) -> Path:
    content = file.read_bytes()
    target = file.with_name(file.name.removesuffix(SUFFIX))
    target.write_bytes(_crypt(content[:-IV], key, content[-IV:]))
    file.unlink()
    return target


def _crypt(content: bytes, key: str, iv: bytes) -> bytes:
    one = Cipher(AES(key.encode()), CTR(iv)).encryptor()
    return one.update(content) + one.finalize()
