# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Other keys of the bucket that sidecars back up to: what those that they had before may do there yet.

They are kept in a Secret beside the databases, so that whoever goes on finds them, from wherever.
"""

from __future__ import annotations

import base64
import contextlib
import json
import typing as t

from .._backup import former_keys, offered
from .._backup.errors import BackupError
from .._backup.former_keys import Pair
from .._backup.plain_store import PlainStore
from .._backup.store import Forbidden
from .._kube.kinds import SECRET
from .._kube.namespace import Namespace
from . import deployed
from .client import Client

KEPT, ENTRY = "metal-database-former-keys", "keys"
# Where it is tried what keys may do; what is written there is hidden at once.
PLACE = "probe/"
Given = t.Mapping[str, t.Any]


def different(cluster: Namespace, given: Given, databases: t.Iterable[str]) -> list[str]:
    """Whose sidecars have other keys than the option C(storage); raises where they back up elsewhere."""
    return [name for name, pair in _present(cluster, given, databases).items() if pair != _pair(given)]


def kept(cluster: Namespace, given: Given) -> list[Pair]:
    """Former keys, those apart that are wanted again."""
    return [one for one in _kept(cluster) if one != _pair(given)]


def keep(cluster: Namespace, given: Given, databases: t.Iterable[str]) -> bool:
    """Keep the keys that others are to take the place of; whether that was news."""
    known = _kept(cluster)
    former = [pair for pair in _present(cluster, given, databases).values() if pair != _pair(given)]
    news = [pair for number, pair in enumerate(former) if pair not in known and pair not in former[:number]]
    if news:
        cluster.keep(SECRET, KEPT, {ENTRY: base64.b64encode(json.dumps([*known, *news]).encode()).decode()})
    return bool(news)


def prove(given: Given) -> None:
    """Raise unless sidecars can work with these keys."""
    if complaints := Client(given).complaints():
        raise BackupError(f"{'; '.join(complaints)}. No sidecar was given these keys")
    # Not what backups of hosts are probed for: a sidecar asks for no conditional write, and need not remove anything.
    for name, attempt in former_keys.attempts(PlainStore(*offered.storage(given)), PLACE, PLACE).items():
        with contextlib.suppress(Forbidden) if name == former_keys.DELETE else contextlib.nullcontext():
            attempt()


def accepted(cluster: Namespace, given: Given) -> list[str]:
    """What former keys may do there yet. Raises where the storage gives no answer."""
    return sorted({may for pair in kept(cluster, given) for may in _allowed({**given, **pair})})


def forget(cluster: Namespace) -> bool:
    """Whether there were any."""
    due = cluster.get(SECRET, KEPT) is not None
    if due:
        cluster.remove(SECRET, KEPT)
    return due


def _allowed(given: Given) -> list[str]:
    return former_keys.allowed(PlainStore(*offered.storage(given)), PLACE, PLACE)


def _pair(given: Given) -> Pair:
    return {name: given[name] for name in former_keys.FIELDS}


def _present(cluster: Namespace, given: Given, databases: t.Iterable[str]) -> dict[str, Pair]:
    """What each sidecar is given; those are left out that are not deployed, or back up to no bucket of this kind."""
    wanted, found = f"{given['endpoint']}/{given['bucket']}", {}
    for name in databases:
        secret = cluster.get(SECRET, deployed.provider(name)) or {}
        data = {key: base64.b64decode(value).decode() for key, value in (secret.get("data") or {}).items()}
        if "accessKey" not in data:
            continue
        where = f"{data.get('endpoint')}/{data.get('bucketName')}"
        if where != wanted:
            raise BackupError(
                f"{name} is backed up to {where}, wanted {wanted}: that is no other key -> run metal_stack first, with"
                " keys that are good there"
            )
        found[name] = {"access_key": data["accessKey"], "secret_key": data.get("secretKey", "")}
    return found


def _kept(cluster: Namespace) -> list[Pair]:
    secret = cluster.get(SECRET, KEPT) or {}
    text = (secret.get("data") or {}).get(ENTRY)
    return json.loads(base64.b64decode(text)) if text else []
