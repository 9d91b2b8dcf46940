"""Repositories as C(restic init) makes them, but for what it costs to try a password.

restic measures how much key derivation a machine does in half a second, and each of its commands does as much again.
The format: https://restic.readthedocs.io/en/stable/100_references.html#repository-format
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.poly1305 import Poly1305

from plugins.module_utils._backup.errors import BackupError
from plugins.module_utils._backup.restic import Restic
from plugins.module_utils._backup.store import ObjectStore

COST = {"N": 16, "r": 8, "p": 1}
POLYNOMIAL = "25b468838dcb75"  # an irreducible one
ENCRYPTION, MAC_K, MAC_R = slice(0, 32), slice(32, 48), slice(48, 64)  # of a key


def create(restic: Restic) -> None:
    """A new repository, which the password of the settings opens. Raises BackupError where there is one."""
    settings = restic._settings
    store, where = ObjectStore(settings.storage), restic._where.removeprefix(f"{settings.storage.where}/")
    master, salt = secrets.token_bytes(64), secrets.token_bytes(64)
    password = settings.password_file.read_bytes().strip()
    user = hashlib.scrypt(password, salt=salt, n=COST["N"], r=COST["r"], p=COST["p"], dklen=64)
    held = {"mac": {"k": text(master[MAC_K]), "r": text(master[MAC_R])}, "encrypt": text(master[ENCRYPTION])}
    key = as_json(
        {
            "created": datetime.datetime.now(datetime.UTC).isoformat(), "username": "root", "hostname": settings.host,
            "kdf": "scrypt", **COST, "salt": text(salt), "data": text(sealed(user, as_json(held))),
        }
    )  # fmt: skip
    config = {"version": 2, "id": secrets.token_hex(32), "chunker_polynomial": POLYNOMIAL}
    store.put(f"{where}/keys/{hashlib.sha256(key).hexdigest()}", key)
    if not store.put_new(f"{where}/config", sealed(master, as_json(config))):
        raise BackupError(f"there is a repository in {where}")


def sealed(key: bytes, content: bytes) -> bytes:
    """AES-256 in counter mode, and Poly1305-AES of what comes out of it."""
    nonce = secrets.token_bytes(16)
    hidden = Cipher(algorithms.AES(key[ENCRYPTION]), modes.CTR(nonce)).encryptor().update(content)
    pad = Cipher(algorithms.AES(key[MAC_K]), modes.ECB()).encryptor().update(nonce)
    return nonce + hidden + Poly1305.generate_tag(key[MAC_R] + pad, hidden)


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def as_json(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode()
