"""`k3s token rotate`: another token for servers, and for agents that have none of their own."""

from __future__ import annotations

import os
import secrets
import time

from . import flags, identity, tokens
from .bootstrap_data import Passwords
from .errors import outside
from .local import Local
from .main import log_as_k3s

WARNING = (
    "\033[33mWARNING\033[0m: Recommended to keep a record of the old token. If restoring from a snapshot, you must use "
    "the token associated with that snapshot."
)


def run(arguments: list[str]) -> int:
    if arguments[:1] != ["rotate"]:
        raise outside(f"k3s token {' '.join(arguments[:1])}".rstrip())
    log_as_k3s()
    options = flags.parse("token rotate", arguments[1:], os.environ)
    print(WARNING, flush=True)
    rotate(Local(options), options.text("new-token"))
    time.sleep(1)
    print("Token rotated, restart k3s nodes with new token")
    return 0


def rotate(local: Local, wanted: str) -> None:
    """What this server will know, what it has written for people, and what the datastore keeps, in that order.

    Joiners are let in with the new one when the first server was started with it.
    """
    old = local.passwords
    new = renewed(old, tokens.parse(wanted or secrets.token_hex(16)).password, _agents_share(local))
    new.write(local.paths)
    identity.write_token(local.paths, new)
    local.keep(new)


def renewed(old: Passwords, server: str, shared: bool) -> Passwords:
    return Passwords(server, server if shared and old.node == old.server else old.node)


def _agents_share(local: Local) -> bool:
    return (local.paths.server / "agent-token").is_symlink()
