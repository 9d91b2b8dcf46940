# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Having k3s make another key for Secrets, and looking at what it has done, on a server that runs."""

from __future__ import annotations

import base64
import time
import typing as t
import urllib.parse

from . import client, command, encryption, host, layout, nodes

REQUEST_SECONDS = 30.0
POLL_SECONDS = 2.0
PAGE = 200
FIRST, BEHIND = "/registry/secrets/", "/registry/secrets0"
SECRETS = "/api/v1/secrets"
SERVERS = "/api/v1/nodes?labelSelector=node-role.kubernetes.io/control-plane%3Dtrue"


class Failed(Exception):
    """It has not been done; the text says why and what to do."""


def _api() -> client.Client:
    return client.api(client.Deadline(REQUEST_SECONDS), per_request=REQUEST_SECONDS)


def configuration() -> str:
    return host.read(layout.ENCRYPTION_FILE)


def notes() -> dict[str, str]:
    """What the node of each server tells of its keys."""
    listed = (nodes.parse(raw) for raw in _api().json(SERVERS)["items"])
    return {node["name"]: node["encryption"] for node in listed}


def make(node: str, before: str, seconds: float) -> None:
    """Have k3s make a key and write all Secrets anew with it, unless it has, or is about it."""
    end = time.monotonic() + seconds
    note, said = _note(node), ""
    if encryption.stage(note) in encryption.SETTLED and not encryption.is_settled(note, before):
        said = _rotate(seconds)
        note = _note(node)
    while not encryption.is_settled(note, before):
        # Where k3s goes on although its command has ended, the stage tells so.
        if encryption.stage(note) in encryption.SETTLED and said:
            raise Failed(f"k3s made no new key: {said} -> read 'journalctl -u k3s' on {node}")
        if time.monotonic() > end:
            raise Failed(
                f"k3s on {node} is not through with all Secrets after {seconds:.0f} s ({note or 'no stage'})"
                " -> read 'journalctl -u k3s' there; if it goes on, run this again"
            )
        time.sleep(POLL_SECONDS)
        note = _note(node)


def _note(node: str) -> str:
    return notes().get(node, "")


def _rotate(seconds: float) -> str:
    """Empty, or what k3s said. It finds the token that it takes for this by itself."""
    done = command.run(layout.BINARY, "secrets-encrypt", "rotate-keys", seconds=seconds)
    return done.said if done.status else ""


def readable() -> int:
    """How many Secrets the API on this host can read, which is all of them or an error."""
    count, more = 0, ""
    while True:
        page = _api().json(f"{SECRETS}?limit={PAGE}&continue={urllib.parse.quote(more)}")
        count += len(page["items"])
        more = page["metadata"].get("continue", "")
        if not more:
            return count


def stored() -> t.Iterator[tuple[str, bytes]]:
    """Path and value of every Secret as etcd keeps it."""
    gateway, begin = client.etcd(client.Deadline(REQUEST_SECONDS * 4), REQUEST_SECONDS), FIRST.encode()
    while True:
        asked = {"key": _encoded(begin), "range_end": _encoded(BEHIND.encode()), "limit": PAGE}
        answer = gateway.json("/v3/kv/range", "POST", asked)
        for entry in answer.get("kvs", []):
            key = base64.b64decode(entry["key"])
            yield key.decode(), base64.b64decode(entry.get("value", ""))
            begin = key + b"\0"
        if not answer.get("more"):
            return


def _encoded(text: bytes) -> str:
    return base64.b64encode(text).decode()


def verify() -> tuple[encryption.Key, int]:
    """The only key there is and how many Secrets can be read here; or what speaks against that."""
    present = configuration()
    against = list(encryption.disagreements(notes(), present))
    if against:
        raise Failed("; ".join(against))
    [key] = encryption.keys(present)
    left = encryption.others(stored(), key)
    if left:
        raise Failed(
            f"etcd keeps {len(left)} Secrets with another key than {key.name}, which nothing reads any more:"
            f" {', '.join(left[:10])} -> they were written through a server that was not restarted yet; whoever made"
            " them has to make them again, and what they held before is in the set that was made before"
        )
    return key, readable()
