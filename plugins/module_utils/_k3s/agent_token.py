# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token that agents enter with, exchanged on a host. No token is given on a command line."""

from __future__ import annotations

import base64
import http.client
import os
import ssl
import tempfile
import time

from .._net import tls
from . import command, files, host, layout, tokens

REQUEST_SECONDS = 10
ACTIVE_SECONDS = 120
# What an agent fetches first of all.
FETCHED = "/v1-k3s/client-ca.crt"
REFUSED = 401
AGENTS_USER = "node"


class Failed(Exception):
    """It has not been done; the text says why and what to do, and never a token."""


def kept() -> str:
    """The token that k3s is to be started with."""
    return tokens.password(host.read(layout.AGENT_TOKEN_FILE))


def written() -> str:
    """The token that a server was started with, as it has written it down."""
    return tokens.password(host.read(layout.WRITTEN_AGENT_TOKEN_FILE))


def former() -> list[str]:
    return host.read(layout.FORMER_AGENT_TOKEN_FILE).split()


def serves() -> bool:
    """Whether this is a server, which lets agents in."""
    return os.path.exists(layout.PASSWD_FILE)


def keep(token: str) -> None:
    """Have k3s start with a token from now on; what a server has let in until now stays at hand, for the proof."""
    known = former()
    others = [one for one in dict.fromkeys((kept(), written())) if one not in ("", token, *known)]
    if serves() and others:
        lines = "".join(f"{one}\n" for one in known + others)
        files.write(files.File(layout.FORMER_AGENT_TOKEN_FILE, lines, 0o600, True))
    files.write(files.File(layout.AGENT_TOKEN_FILE, token, 0o600, True))


def forget() -> None:
    files.write(files.File(layout.FORMER_AGENT_TOKEN_FILE, None, 0o600, True))


def admitting(passwd: str, token: str) -> str:
    """The list of who is let in, with another token for agents; all else as it is."""
    rows = [line.split(",") for line in passwd.splitlines()]
    if AGENTS_USER not in [row[1] for row in rows if len(row) > 1]:
        raise Failed(f"{layout.PASSWD_FILE} names no user {AGENTS_USER} -> read 'journalctl -u k3s'")
    return "".join(
        ",".join([token, *row[1:]] if len(row) > 1 and row[1] == AGENTS_USER else row) + "\n" for row in rows
    )


def spread() -> None:
    """Have the datastore know the token before any server is started with it.

    k3s writes it to its disk at a start and never to the datastore: at the next start it finds a file that is newer
    than the datastore's and gives up. To exchange authorities for none saves the present ones, with all that belongs to
    them.
    """
    present = host.read(layout.PASSWD_FILE)
    wanted = admitting(present, kept())
    if wanted != present:
        files.write(files.File(layout.PASSWD_FILE, wanted, 0o600, True))
    with tempfile.TemporaryDirectory() as nothing:
        done = command.run(layout.BINARY, "certificate", "rotate-ca", "--path", nothing)
    if done.status:
        raise Failed(
            f"the datastore does not know the new token: {done.said} -> read 'journalctl -u k3s', and run this again"
        )


def outweigh() -> None:
    """Let the datastore's list of who is let in outweigh that of a server that does not run: a start makes it good."""
    if serves() and host.unit()["state"] != "active":
        os.utime(layout.PASSWD_FILE, (0, 0))


def answer(token: str) -> tuple[int, str]:
    """What the server on this host says to an agent that has this token."""
    context = tls.context(cafile=layout.TLS_DIR + "/server-ca.crt")
    connection = http.client.HTTPSConnection("localhost", layout.API_PORT, context=context, timeout=REQUEST_SECONDS)
    credential = base64.b64encode(f"{AGENTS_USER}:{token}".encode()).decode()
    try:
        connection.request("GET", FETCHED, headers={"Authorization": f"Basic {credential}"})
        response = connection.getresponse()
        return response.status, response.read(1 << 20).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise Failed(f"the server on this host does not answer: {error}") from error
    finally:
        connection.close()


def prove() -> bool:
    """Whether former tokens were tried, and are refused, where the present one is not; Failed otherwise."""
    if not serves():
        return _entered()
    status, text = answer(kept())
    if status != 200 or ssl.PEM_HEADER not in text:
        raise Failed(
            f"the server on this host does not take the token that agents are to enter with ({status}) -> restart k3s"
            " here, and run this again"
        )
    for one in former():
        status, _text = answer(one)
        if status == 200:
            raise Failed("the server on this host still lets agents in with a former token -> restart k3s here")
        if status != REFUSED:
            raise Failed(f"whether a former token is refused can't be told, the server on this host says {status}")
    return bool(former())


def _entered() -> bool:
    """Nothing is refused on an agent; it is enough that it came in."""
    end = time.monotonic() + ACTIVE_SECONDS
    while (state := host.unit()["state"]) != "active":
        if time.monotonic() > end:
            raise Failed(f"k3s on this agent is {state}, expected active -> read 'journalctl -u k3s'")
        time.sleep(1)
    return False
