# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Garden brought to a cluster that has none, and compared with the set then."""

from __future__ import annotations

import time
import typing as t
import urllib.parse

from .._k3s import client, objects
from .._k3s.holding import MERGE
from . import garden_api, garden_fit, garden_state
from .garden_api import WITHIN
from .garden_state import Kept, Object
from .kubernetes import METADATA

# Of two Secrets that are made in one second nobody knows which is the newer one.
APART_SECONDS = 1.1


def run(api: client.Client, kept: Kept) -> None:
    """First the Secrets of the state, then what the Garden refers to, and the Garden with its status in the end."""
    made: list[Object] = []
    for secrets in garden_state.rounds(kept.secrets):
        time.sleep(APART_SECONDS if made else 0)
        made = [one for one in secrets if _bring(api, one)]
    # One that somebody has given already is the valid one: those of before may have been withdrawn.
    for one in (*kept.secrets, *kept.configmaps):
        _bring(api, one)
    for one in kept.gardens:
        found = _apply(api, garden_state.wanted(one))
        status = {**garden_state.status_of(one), "observedGeneration": found["metadata"]["generation"]}
        head = {"apiVersion": one["apiVersion"], "kind": one["kind"], "metadata": {"name": garden_api.name(one)}}
        _apply(api, {**head, "status": status}, "/status")


def differences(api: client.Client, kept: Kept) -> list[str]:
    """In what the cluster has not what the set held."""
    found = {objects.path(one): api.find(objects.path(one)) for few in kept for one in few}
    return [why for few in kept for one in few if (why := _differs(one, found[objects.path(one)]))]


def let_go(api: client.Client) -> None:
    """Of what a restore has written, so that whoever applies it next meets nobody else's fields."""
    for one in filter(garden_fit.ours, _all(api)):
        managed = garden_fit.let_go(one["metadata"]["managedFields"])
        # Refused where somebody has written meanwhile.
        patch = {"managedFields": managed, "resourceVersion": one["metadata"]["resourceVersion"]}
        api.json(objects.path(one), "PATCH", {"metadata": patch}, content=MERGE)


def _bring(api: client.Client, kept: Object) -> bool:
    """Make an object unless it is there; whether it was made."""
    one = garden_state.wanted(kept)
    if api.find(objects.path(one)) is not None:
        return False
    _apply(api, one)
    return True


def _apply(api: client.Client, one: Object, part: str = "") -> Object:
    query = urllib.parse.urlencode({"fieldManager": garden_fit.MANAGER, "force": "true"})
    return garden_api.send(api, f"{objects.path(one)}{part}?{query}", "PATCH", one, objects.APPLY)


def _differs(kept: Object, found: Object | None) -> str:
    """In what an object is another one than that of the set; empty where it is the same."""
    name = objects.name(kept)
    if found is None:
        return f"{name} is missing"
    if kept["kind"] != "Garden":
        other = bool(garden_state.purpose(kept)) and garden_state.digest(kept) != garden_state.digest(found)
        return f"{name} has other data" if other else ""
    if not garden_state.within(garden_state.wanted(kept), found):
        return f"{name} has another spec"
    status = garden_state.status_of(kept)
    other_fields = [key for key in status if not garden_state.within(status[key], (found.get("status") or {}).get(key))]
    return f"the status of {name} has other {', '.join(other_fields)}" if other_fields else ""


def _all(api: client.Client) -> t.Iterator[Object]:
    """All objects that a restore may have written to, of Secrets and ConfigMaps nothing but their metadata."""
    for kind in (objects.SECRET, "ConfigMap"):
        yield from garden_api.listed(api.json(f"{WITHIN}/{kind.lower()}s", accept=METADATA), "v1", kind)
    yield from garden_api.gardens(api) or []
