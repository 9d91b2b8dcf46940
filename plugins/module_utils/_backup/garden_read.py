# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cluster has of a Garden: all of it, of one moment, and what a restore would meet."""

from __future__ import annotations

import time
import urllib.parse

from .._k3s import client, objects
from . import garden_api, garden_fit, garden_state
from .errors import BackupError
from .garden_api import ATTEMPTS, HOOKS, OPERATOR, PAUSE_SECONDS, WITHIN
from .garden_state import Kept, Object


def whole(api: client.Client) -> Kept:
    """The Garden and what belongs to it, of one moment: a rotation changes both."""
    for _attempt in range(ATTEMPTS):
        before = [garden_state.restorable(one) for one in garden_api.gardens(api) or []]
        kept = _beside(api, before)
        after = [garden_state.restorable(one) for one in garden_api.gardens(api) or []]
        if list(map(_decisive, before)) == list(map(_decisive, after)):
            return kept
        time.sleep(PAUSE_SECONDS)
    raise BackupError("the Garden is being changed, nothing was backed up -> the next run will")


def _beside(api: client.Client, gardens: list[Object]) -> Kept:
    secrets = [garden_state.stripped(one) for one in garden_api.secrets(api)]
    referred: dict[str, list[Object]] = {objects.SECRET: [], "ConfigMap": []}
    known = set(map(garden_api.name, secrets))
    for kind, name in sorted({one for garden in gardens for one in garden_state.referred(garden)}):
        found = api.find(f"{WITHIN}/{kind.lower()}s/{urllib.parse.quote(name, safe='')}")
        if found and not (kind == objects.SECRET and name in known):
            referred[kind].append(garden_state.stripped({**found, "apiVersion": "v1", "kind": kind}))
    secrets.sort(key=lambda one: (garden_state.made(one), garden_api.name(one)))
    return Kept(gardens, [*secrets, *referred[objects.SECRET]], referred["ConfigMap"])


def _decisive(garden: Object) -> Object:
    """Its conditions change all the time."""
    return {**garden, "status": garden_state.status_of(garden)}


def here(api: client.Client) -> garden_fit.Here:
    """What a Garden that is restored would meet."""
    return garden_fit.Here(
        gardens=garden_api.gardens(api) if api.find(WITHIN) else None,
        operator=api.find(OPERATOR),
        hooks=[kind for kind in garden_fit.HOOKS if api.find(HOOKS.format(kind))],
        secrets=garden_api.secrets(api),
    )
