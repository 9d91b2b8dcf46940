# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys that Secrets are encrypted with: what a configuration and the nodes tell of them. Pure."""

from __future__ import annotations

import hashlib
import json
import typing as t

# Stages in which k3s is through with all Secrets.
SETTLED = ("start", "reencrypt_finished")


class Key(t.NamedTuple):
    kind: str
    name: str

    def prefix(self) -> bytes:
        """What etcd's values begin with that this key has encrypted."""
        return f"k8s:enc:{self.kind}:v1:{self.name}:".encode()


def keys(configuration: str) -> list[Key]:
    """The keys of a configuration, the one that encrypts first; none where it can't be read."""
    try:
        [entry] = json.loads(configuration)["resources"]
        return [
            Key(kind, str(key["name"]))
            for provider in entry["providers"]
            for kind, settings in provider.items()
            for key in settings.get("keys", [])
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def digest(configuration: str) -> str:
    return hashlib.sha256(configuration.encode()).hexdigest()


def stage(note: str) -> str:
    return note.partition("-")[0]


def is_settled(note: str, before: str) -> bool:
    """Whether a node tells that Secrets have another key than before, all of them."""
    told, _hyphen, found = note.partition("-")
    return told in SETTLED and found not in ("", before)


def others(values: t.Iterable[tuple[str, bytes]], key: Key) -> list[str]:
    """The Secrets, by namespace and name, that the key has not encrypted. values: what etcd keeps, by its own key."""
    return [path.split("/", 3)[-1] for path, value in values if not value.startswith(key.prefix())]


def disagreements(notes: t.Mapping[str, str], configuration: str) -> t.Iterator[str]:
    """What keeps an exchange from having ended: what each node tells, against the configuration on this host."""
    found = keys(configuration)
    if len(found) != 1:
        names = ", ".join(key.name for key in found) or "none"
        yield f"this host has the keys {names}, expected one -> the former key may still be needed; remove none by hand"
    wanted = digest(configuration)
    for node, note in sorted(notes.items()):
        told, _hyphen, has = note.partition("-")
        if told not in SETTLED:
            yield f"{node} is at {told or 'no stage'}, expected reencrypt_finished -> read 'journalctl -u k3s' there"
        elif has != wanted:
            yield f"{node} runs with other keys than this host -> run this again, which restarts it"
