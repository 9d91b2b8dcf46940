"""Accounts and certificate of each endpoint: made on its first `up`, readable by root alone, gone with `down`."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path
from secrets import token_hex
from typing import Any

from lab import object_storage, secrets
from lab.settings import Settings
from lab.topology import Host

# What each may do is in policy.py; `root` may all and stays on its host.
ACCOUNTS = ("root", "writer", "reader", "pruner")
LIFETIME = datetime.timedelta(days=3650)

Keys = dict[str, Any]


def ensure(settings: Settings, hosts: Iterable[Host]) -> None:
    known = read(settings)
    if missing := [host for host in object_storage.among(hosts) if host.name not in known]:
        secrets.write(_file(settings), known | {host.name: make(host) for host in missing})


def read(settings: Settings) -> dict[str, Keys]:
    """By the name of the host."""
    return secrets.read(_file(settings))


def pairs(keys: Keys, account: str) -> list[dict[str, str]]:
    """What the account may be asked with: its keys, and the former ones until they are revoked."""
    return [keys[account], *keys.get("former", {}).get(account, [])]


def issue(settings: Settings, host: Host, account: str) -> None:
    """Make other keys for an account; those before stay good."""
    known = read(settings)
    mine = known[host.name]
    former = mine.setdefault("former", {}).setdefault(account, [])
    former.insert(0, mine[account])
    mine[account] = _pair()
    secrets.write(_file(settings), known)


def revoke(settings: Settings, host: Host, account: str) -> None:
    """Have the former keys of an account be good for nothing."""
    known = read(settings)
    known[host.name].get("former", {}).pop(account, None)
    secrets.write(_file(settings), known)


def _pair() -> dict[str, str]:
    return {"access_key": token_hex(10), "secret_key": token_hex(20)}


def make(host: Host) -> Keys:
    # Here, because they need the cryptography package, which the inventory does without.
    from plugins.plugin_utils._pki import certificate
    from plugins.plugin_utils._site import authority

    issuer = certificate.authority(authority.generate(f"{host.name} object storage"))
    subject = certificate.Subject(names=(), addresses=(str(host.address),))
    issued, private = certificate.issue(issuer, subject, LIFETIME, datetime.datetime.now(datetime.UTC))
    accounts = {name: _pair() for name in ACCOUNTS}
    return {"ca": issuer.pem, "certificate": issued, "private_key": private, **accounts}


def _file(settings: Settings) -> Path:
    return settings.state / "object-storage.json"
