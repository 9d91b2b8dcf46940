"""The server on this host, as the commands see it that need it running: who may ask, and where answers come from."""

from __future__ import annotations

import logging
import random
from pathlib import Path
from urllib.parse import urlsplit

from . import bootstrap_data, bootstrap_store, bundle, etcd, nodes, tokens
from .api import UNREACHABLE, Client, presented_chain
from .bootstrap_data import Passwords
from .errors import Refusal, outside
from .flags import Options
from .paths import RUN, Paths, write

API = "https://127.0.0.1:6443"
PATIENCE = 30.0
TOKEN = RUN / "server-token"


def remember(passwords: Passwords) -> None:
    """Of what a server was started with, so much that it knows it again: a later token is unknown to it."""
    write(TOKEN, nodes.fingerprint(passwords.server))


def reach() -> None:
    try:
        presented_chain(API)
    except UNREACHABLE as error:
        raise Refusal(f'failed to get CA certs: Get "{API}/cacerts": {_uncapitalised(error)}') from None


def _uncapitalised(error: Exception) -> str:
    """[Errno 111] Connection refused, as Go says it."""
    reason = getattr(error, "strerror", None) or str(error)
    return reason[:1].lower() + reason[1:]


def failed(component: str, reason: str, internal: bool = False) -> Refusal:
    """k3s keeps the reason to its server's log, and gives a number to find it there."""
    number = f"{component} error ID {random.randrange(99999):05d}"
    logging.error("%s: %s", number, reason)
    return Refusal(f"Internal error occurred: {number}" if internal else number)


class Local:
    """A server that runs, asked by somebody who knows its token."""

    def __init__(self, options: Options) -> None:
        if urlsplit(options.text("server", API)).hostname not in ("127.0.0.1", "localhost"):
            raise outside("a command to the server of another host")
        self.paths = Paths(Path(options.text("data-dir", "/var/lib/rancher/k3s")))
        token = tokens.parse(options.text("token") or _left(self.paths))
        reach()
        tokens.check_ca(token, (self.paths.tls / "server-ca.crt").read_bytes())
        known = Passwords.read(self.paths)
        if known is None or not TOKEN.exists() or TOKEN.read_text() != nodes.fingerprint(token.password):
            raise Refusal("not authorized")
        self.passwords = known
        self.node = etcd.node_of((self.paths.etcd / "name").read_text())
        self.api = Client(API, self.paths.tls / "server-ca.crt", self.paths.tls / "client-supervisor", timeout=PATIENCE)

    def keep(self, passwords: Passwords, packed: bytes | None = None) -> None:
        """Write the cluster's own secrets, those on disk unless others are given, to the datastore and for joiners."""
        packed = bundle.pack(self.paths) if packed is None else packed
        gateway = etcd.Gateway(self.paths)
        sealed = bootstrap_store.replace(gateway, self.passwords.server, passwords.server, packed)
        bootstrap_data.publish_bundle(self.api, sealed)


def _left(paths: Paths) -> str:
    try:
        return (paths.server / "token").read_text().strip()
    except FileNotFoundError:
        raise Refusal(f"open {paths.server / 'token'}: no such file or directory") from None
