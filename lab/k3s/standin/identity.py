"""Who this server is: its tokens, authorities and certificates, made here or fetched from the cluster."""

from __future__ import annotations

import logging
import secrets
import time
from pathlib import Path

from . import bootstrap_data, bundle, encryption, pki, tokens
from .bootstrap_data import Passwords
from .errors import Refusal, outside
from .paths import KUBECONFIG, Paths, link, write
from .settings import Settings

TOMBSTONE = "tombstone"
PASSWD = "cred/passwd"


def establish(settings: Settings) -> Passwords:
    """Everything below server/ that has to be there before etcd starts."""
    paths = settings.paths
    directories(paths)
    bury(settings)
    if paths.has_datastore:
        # The datastore says which token is right: what an earlier one left behind stays until then.
        lost = bundle.missing(paths)
        passwords = expected(settings)
        if PASSWD in lost:
            passwords.write(paths)
        material(settings)
        bundle.predate(paths, lost)
        return passwords
    if settings.join_url:
        logging.info("Managed etcd cluster not yet initialized")
        bootstrap_data.fetch(settings)
    _encryption(settings)
    return complete(settings)


def directories(paths: Paths) -> None:
    for directory in (paths.server, paths.tls, paths.cred):
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)


def complete(settings: Settings) -> Passwords:
    """What is missing is made; what is there stays."""
    passwords = expected(settings)
    passwords.write(settings.paths)
    material(settings)
    return passwords


def material(settings: Settings) -> None:
    """Keys and certificates."""
    paths = settings.paths
    psk = paths.cred / "ipsec.psk"
    if not psk.exists():
        write(psk, secrets.token_hex(48) + "\n")
    if settings.options.on("secrets-encryption"):
        encryption.ensure_state(paths)
    pki.authorities(paths)
    pki.server_certificates(paths, settings.api_names)


def bury(settings: Settings) -> None:
    """A member that was removed from etcd left a tombstone: its data is moved aside, and it joins anew."""
    etcd = settings.paths.etcd
    if not (etcd / TOMBSTONE).exists():
        return
    if not settings.join_url:
        raise Refusal(
            "tombstone file has been detected but --server is empty: backup and delete ${datadir}/server/db to create "
            "a new cluster, or set --server to rejoin the cluster"
        )
    logging.info("tombstone file has been detected, removing ${datadir}/server/db to rejoin the cluster")
    etcd.rename(etcd.with_name(f"etcd-backup-{int(time.time())}"))


def expected(settings: Settings) -> Passwords:
    """By the tokens given, or else by what an earlier start has left."""
    known = Passwords.read(settings.paths)
    server = server_password(settings) or (known.server if known else secrets.token_hex(16))
    return Passwords(server, tokens.parse(settings.agent_token).password if settings.agent_token else server)


def server_password(settings: Settings) -> str:
    """Of the token that was given, or of the one that an earlier start has left; empty without either."""
    left = settings.paths.server / "token"
    token = settings.token or (left.read_text().strip() if left.exists() else "")
    return tokens.parse(token).password if token else ""


def _encryption(settings: Settings) -> None:
    if settings.options.on("secrets-encryption") and not settings.paths.encryption_config.exists():
        write(settings.paths.encryption_config, encryption.configuration([encryption.new_key(encryption.FIRST)]))


def check_encryption(settings: Settings) -> None:
    """Once the files are those of the datastore."""
    if settings.options.on("secrets-encryption") and not settings.paths.encryption_config.exists():
        raise outside("secrets encryption switched on in an existing cluster")


def publish_files(settings: Settings, passwords: Passwords) -> None:
    """What k3s leaves for people: tokens to join with, and the administrator's kubeconfig."""
    server = settings.paths.server
    ca_file = settings.paths.tls / "server-ca.crt"
    ca = ca_file.read_bytes()
    write_token(settings.paths, passwords)
    link(server / "node-token", server / "token")
    (server / "agent-token").unlink(missing_ok=True)
    if settings.agent_token:
        write(server / "agent-token", tokens.secure(ca, "node", passwords.node) + "\n")
    else:
        link(server / "agent-token", server / "token")
    content = pki.kubeconfig("https://127.0.0.1:6443", ca_file, settings.paths.tls / "client-admin", embed=True)
    target = Path(settings.options.text("write-kubeconfig", str(KUBECONFIG)))
    if KUBECONFIG.is_symlink():
        KUBECONFIG.unlink()
    KUBECONFIG.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    write(target, content, int(settings.options.text("write-kubeconfig-mode", "600"), 8))
    if target != KUBECONFIG:
        link(KUBECONFIG, target)


def write_token(paths: Paths, passwords: Passwords) -> None:
    ca = (paths.tls / "server-ca.crt").read_bytes()
    write(paths.server / "token", tokens.secure(ca, "server", passwords.server) + "\n")
