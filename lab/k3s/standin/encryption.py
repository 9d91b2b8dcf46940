"""Keys that kube-apiserver encrypts Secrets with, the stage of their exchange, and what is said about both."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time
from collections.abc import Iterable
from typing import Any

from .paths import Paths, write

HASH = "k3s.io/encryption-config-hash"
START, ACTIVE, FINISHED = "start", "reencrypt_active", "reencrypt_finished"
FIRST = "aescbckey"
KIND = "AES-CBC"

Key = dict[str, str]


def new_key(name: str) -> Key:
    return {"name": name, "secret": base64.b64encode(os.urandom(32)).decode()}


def next_name() -> str:
    return f"{FIRST}-{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}"


def configuration(keys: list[Key]) -> str:
    """The first key encrypts; the others and plain text are still read."""
    providers = [{"aescbc": {"keys": keys}}, {"identity": {}}]
    return json.dumps({
        "kind": "EncryptionConfiguration", "apiVersion": "apiserver.config.k8s.io/v1",
        "resources": [{"resources": ["secrets"], "providers": providers}],
    })  # fmt: skip


def keys_of(configured: str) -> list[Key]:
    providers = json.loads(configured)["resources"][0]["providers"]
    return [key for provider in providers for key in provider.get("aescbc", {}).get("keys", [])]


def note(stage: str, configured: str) -> str:
    """What a server's node says: how far the exchange is, and with which keys."""
    return f"{stage}-{hashlib.sha256(configured.encode()).hexdigest()}"


def ensure_state(paths: Paths) -> None:
    if paths.encryption_config.exists() and not paths.encryption_state.exists():
        write(paths.encryption_state, note(START, paths.encryption_config.read_text()))


def difference(notes: Iterable[tuple[str, str]]) -> str:
    """Which of the servers first disagree, by (node, note); empty where all are of one mind."""
    said = [(node, text) for node, text in notes if text]
    for node, text in said:
        if text != said[0][1]:
            return f"hash does not match between {said[0][0]} and {node}"
    return ""


def state(configured: str, own: str, different: str) -> dict[str, Any]:
    """What `status` tells; without any configuration nothing but empty fields."""
    if not configured:
        return {"stage": "", "activekey": ""}
    active, *inactive = [f"{KIND} {key['name']}" for key in keys_of(configured)]
    told: dict[str, Any] = {"stage": own.partition("-")[0], "activekey": active, "enable": True}
    told |= {"hasherror": different} if different else {"hashmatch": True}
    return told | ({"inactivekeys": inactive} if inactive else {})


def as_text(told: dict[str, Any]) -> str:
    if "enable" not in told:
        return "Encryption Status: Disabled, no configuration file found\n"
    lines = [
        "Encryption Status: Enabled",
        f"Current Rotation Stage: {told['stage']}",
        f"Server Encryption Hashes: {told.get('hasherror', 'All hashes match')}",
        "",
        "Active  Key Type  Name",
        "------  --------  ----",
    ]
    keys = [(" *", told["activekey"]), *(("", key) for key in told.get("inactivekeys", []))]
    rows = [(mark, *key.split(" ", 1)) for mark, key in keys]
    return "\n".join([*lines, *(f"{mark:<8}{kind:<10}{name}" for mark, kind, name in rows), ""])
