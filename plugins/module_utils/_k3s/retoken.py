# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token that servers share, exchanged on a server that runs. No token is given on a command line."""

from __future__ import annotations

import time

from . import command, files, host, layout, tokens

# How long the server that was asked may take to write down what it has made.
WRITTEN_SECONDS = 10
REFUSED = "not authorized"


class Failed(Exception):
    """It has not been done; the text says why and what to do, and never a token."""


def kept() -> str:
    """The token that k3s is to be started with."""
    return tokens.password(host.read(layout.TOKEN_FILE))


def written() -> str:
    """The token that k3s has written down, at its start or when it made another one."""
    return tokens.password(host.read(layout.WRITTEN_TOKEN_FILE))


def former() -> str:
    return tokens.password(host.read(layout.FORMER_TOKEN_FILE))


def keep(token: str, before: str) -> None:
    """Have k3s start with a token from now on; the former one stays at hand, for the proof that it is refused."""
    present = kept()
    if tokens.fingerprint(present) == before:
        files.write(files.File(layout.FORMER_TOKEN_FILE, present, 0o600, True))
    files.write(files.File(layout.TOKEN_FILE, token, 0o600, True))


def forget() -> None:
    files.write(files.File(layout.FORMER_TOKEN_FILE, None, 0o600, True))


def exchange(before: str) -> None:
    """Have k3s make another token, unless it has, and keep it."""
    if tokens.fingerprint(written()) == before:
        if tokens.fingerprint(kept()) != before:
            raise Failed(
                f"{layout.TOKEN_FILE} holds another token than this server began with -> put the right one there"
            )
        code, said = ask(["token", "rotate"], kept())
        end = time.monotonic() + WRITTEN_SECONDS
        while tokens.fingerprint(written()) == before and time.monotonic() < end and not code:
            time.sleep(0.2)
        if tokens.fingerprint(written()) == before:
            raise Failed(f"k3s made no other token: {said} -> read 'journalctl -u k3s'")
    if kept() != written():
        keep(written(), before)


def ask(arguments: list[str], token: str) -> tuple[int, str]:
    """What k3s answers who knows this token: its exit status and its last words."""
    done = command.run(layout.BINARY, *arguments, environment={"K3S_TOKEN": token})
    return done.status, done.said.replace(token, "(the token)")


def prove() -> bool:
    """Whether the former token was tried, and is refused, where the present one is not; Failed otherwise."""
    code, said = ask(["secrets-encrypt", "status"], kept())
    if code:
        raise Failed(f"the server on this host does not take the token that it is to be started with: {said}")
    if not former():
        return False
    code, said = ask(["secrets-encrypt", "status"], former())
    if not code:
        raise Failed("the server on this host still takes the former token -> restart k3s here, and run this again")
    if REFUSED not in said:
        raise Failed(f"whether the former token is refused can't be told: {said}")
    return True
