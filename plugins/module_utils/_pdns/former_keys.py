# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys that others have taken the place of, kept on a host until it is proved that they are of no use any more."""

from __future__ import annotations

import hashlib
import json
import os
import re
import typing as t
from pathlib import Path

from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns import database
from ansible_collections.metalstack.autonomous.plugins.module_utils._pdns.client import Client, Endpoint, PdnsError

API, TRANSFER = KINDS = ("api_key", "transfer_key")
PROXY = "haproxy.cfg"
# What the proxy in front of the API hands on, while PowerDNS itself has only a hash.
HANDED_ON = re.compile(r"^\s*http-request set-header X-API-Key (\S+)\s*$", re.MULTILINE)
UNAUTHORIZED = 401
Keys = dict[str, str]


def named(key: str) -> str:
    """A name for a key that has none."""
    return hashlib.sha256(key.strip().encode()).hexdigest()[:16]


class ApiKeys:
    """The API's key on this host."""

    def __init__(self, directory: Path, url: str, key: str) -> None:
        self._directory, self._url, self._key = directory, url, key

    def current(self) -> bool:
        """Whether the server and the proxy, if there is one, go by the key."""
        return takes(self._url, self._key) and self._of_proxy() in ("", self._key)

    def others(self) -> Keys:
        other = self._of_proxy()
        return {named(other): other} if other and other != self._key else {}

    def differs(self, _name: str, key: str) -> bool:
        return key != self._key

    def _of_proxy(self) -> str:
        path = self._directory / PROXY
        found = HANDED_ON.search(path.read_text(encoding="utf-8")) if path.exists() else None
        return found[1] if found else ""


class TransferKeys:
    """The keys for transfers in this host's database; ``accepted`` are those that the inventory names besides."""

    def __init__(self, path: Path, name: str, secret: str, accepted: t.Mapping[str, str]) -> None:
        self._path, self._name, self._secret, self._accepted = path, name, secret, accepted

    def current(self) -> bool:
        rule, secrets = database.keys_of(self._path)
        wanted = {**self._accepted, self._name: self._secret}
        return rule.asked == self._name and {*rule.allowed} == {*wanted} and secrets == wanted

    def others(self) -> Keys:
        _rule, secrets = database.keys_of(self._path)
        return {name: secret for name, secret in secrets.items() if self.differs(name, secret)}

    def differs(self, _name: str, secret: str) -> bool:
        """One of another name alone is as good as before."""
        return secret != self._secret


def takes(url: str, key: str, ca_path: str | None = None) -> bool:
    """Whether an API takes a key; raises when that can't be told."""
    try:
        Client(Endpoint(url=url, key=key, ca_path=ca_path, timeout=10)).get("")
    except PdnsError as error:
        if error.status == UNAUTHORIZED:
            return False
        raise
    return True


def read(path: Path) -> Keys:
    """The keys that are kept, by name."""
    if not path.exists():
        return {}
    return {str(name): str(key) for name, key in json.loads(path.read_text(encoding="utf-8")).items()}


def keep(path: Path, keys: Keys) -> None:
    """For root alone, and whole when it appears."""
    partial = path.with_name(f".{path.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(keys, stream)
        stream.flush()
        os.fsync(stream.fileno())
    partial.rename(path)
