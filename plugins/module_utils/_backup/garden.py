# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Garden of Gardener: its status, and the Secrets without which a new runtime cluster could not go on with it.

Extensions and Gardenlets have no state of their own: whoever installs the operator makes the former, and the latter are
in the virtual garden, whose etcd Gardener backs up itself.
"""

from __future__ import annotations

import contextlib
import json
import time
import typing as t
import urllib.parse
from pathlib import Path

from .._k3s import client, host, objects
from .._k3s.holding import MERGE
from .._k3s.observe import GARDENS
from . import disk, garden_fit, garden_state
from .catalogue import REHEARSED
from .component import Facts
from .errors import BackupError, Damaged, Unreachable
from .garden_state import NAMESPACE, Kept, Object
from .gate import Record
from .kubernetes import METADATA, Kubernetes, refuse_other

SECONDS = 300.0
ATTEMPTS, PAUSE_SECONDS = 3, 2.0
DRY, JSON = "dryRun=All", "application/json"
# In HTTP's words: by a webhook, a policy or the definition; and where somebody has written between a look and a write.
REFUSED, CHANGED = (400, 403, 422), 409
# Of two Secrets that are made in one second nobody knows which is the newer one.
APART_SECONDS = 1.1
WITHIN = f"/api/v1/namespaces/{NAMESPACE}"
OPERATOR = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{garden_fit.OPERATOR}"
HOOKS = "/apis/admissionregistration.k8s.io/v1/{}s/" + garden_fit.OPERATOR
FILES = {"gardens": "gardens.json", "secrets": "secrets.json", "configmaps": "configmaps.json"}


class Garden:
    def __init__(self, _settings: dict[str, t.Any], _state: Path) -> None:
        self.name = "garden"

    def holds(self) -> bool:
        """There is nothing that a restore would replace: where there is a Garden it is refused."""
        return False

    def idle(self) -> str:
        if host.datastore() != "etcd":
            return "this host is no server of k3s with data"
        with _asking():
            gardens = _gardens(objects.api(SECONDS))
        if not gardens:
            return "there is no Garden on this cluster"
        return "; ".join(filter(None, map(garden_state.unready, gardens)))

    def collect(self, stage: Path, record: Record, name: str) -> tuple[list[str], Facts]:
        refuse_other(Kubernetes().lineage(), record)
        with _asking():
            api = objects.api(SECONDS)
            kept = _read(api)
            operator = api.find(OPERATOR)
        lacking = list(garden_state.lacking(kept))
        if lacking:
            raise BackupError(
                f"the Garden could not be restored from what is there: {'; '.join(lacking)} -> see what"
                " gardener-operator says of it; nothing was backed up"
            )
        for field, file in FILES.items():
            _write(stage / file, getattr(kept, field))
        return [], {
            "operator": garden_fit.version(operator),
            "gardens": {
                one["metadata"]["name"]: {
                    "gardener": one["status"]["gardener"]["version"],
                    "rotation": garden_state.phases(one),
                }
                for one in kept.gardens
            },
            "state": garden_state.state(kept.secrets),
            "counts": kept.counts(),
        }

    def check(self, directory: Path, facts: Facts, level: int) -> dict[str, t.Any]:
        kept = _kept(directory)
        lacking = list(garden_state.lacking(kept))
        if lacking:
            raise Damaged(f"no Garden can be restored from this: {'; '.join(lacking)} -> use another set")
        if (kept.counts(), garden_state.state(kept.secrets)) != (facts["counts"], facts["state"]):
            raise Damaged("these are other Gardens or Secrets than the manifest says -> use another set")
        if level >= REHEARSED:
            with _asking():
                _try(objects.api(SECONDS), kept)
        return kept.counts()

    def fits(self, facts: Facts, record: Record) -> None:
        with _asking():
            api = objects.api(SECONDS)
            here = garden_fit.Here(
                gardens=_gardens(api) if api.find(WITHIN) else None,
                operator=api.find(OPERATOR),
                hooks=[kind for kind in garden_fit.HOOKS if api.find(HOOKS.format(kind))],
                secrets=_secrets(api),
            )
        refusals = list(garden_fit.refusals(here, facts))
        if refusals:
            raise BackupError(f"no Garden is restored here: {'; '.join(refusals)}")

    def ready(self) -> None:
        """fits() has asked the cluster itself."""

    def restore(self, directory: Path, facts: Facts, record: Record) -> None:
        kept = _kept(directory)
        with _asking():
            api = objects.api(SECONDS)
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
                head = {"apiVersion": one["apiVersion"], "kind": one["kind"], "metadata": {"name": _name(one)}}
                _apply(api, {**head, "status": status}, "/status")

    def confirm(self, directory: Path, facts: Facts, record: Record, begun: float = 0.0) -> dict[str, t.Any]:
        kept = _kept(directory)
        with _asking():
            api = objects.api(SECONDS)
            found = {objects.path(one): api.find(objects.path(one)) for few in kept for one in few}
        wrong = [why for few in kept for one in few if (why := _differs(one, found[objects.path(one)]))]
        if wrong:
            raise BackupError(f"the cluster has not what the set held: {'; '.join(wrong)}")
        return kept.counts()

    def settle(self) -> None:
        """Let go of what a restore has written, so that whoever applies it next meets nobody else's fields."""
        with _asking():
            api = objects.api(SECONDS)
            for one in filter(garden_fit.ours, _all(api)):
                managed = garden_fit.let_go(one["metadata"]["managedFields"])
                # Refused where somebody has written meanwhile.
                patch = {"managedFields": managed, "resourceVersion": one["metadata"]["resourceVersion"]}
                api.json(objects.path(one), "PATCH", {"metadata": patch}, content=MERGE)


@contextlib.contextmanager
def _asking() -> t.Iterator[None]:
    try:
        yield
    except client.Unreachable as error:
        raise Unreachable(f"the Kubernetes API of this host: {error}") from error


def _listed(answer: Object, version: str, kind: str) -> list[Object]:
    """In a list objects do not say themselves of which kind they are."""
    return [{**one, "apiVersion": version, "kind": kind} for one in answer.get("items") or []]


def _gardens(api: client.Client) -> list[Object] | None:
    """None where the API knows no Gardens."""
    answer = api.find(GARDENS)
    return None if answer is None else _listed(answer, garden_state.VERSION, "Garden")


def _secrets(api: client.Client) -> list[Object]:
    """The Secrets of the state."""
    found = []
    for selector in garden_state.SELECTORS:
        answer = api.json(f"{WITHIN}/secrets?{urllib.parse.urlencode({'labelSelector': selector})}")
        found += _listed(answer, "v1", objects.SECRET)
    return [one for one in found if garden_state.purpose(one)]


def _all(api: client.Client) -> t.Iterator[Object]:
    """All objects that a restore may have written to, of Secrets and ConfigMaps nothing but their metadata."""
    for kind in (objects.SECRET, "ConfigMap"):
        yield from _listed(api.json(f"{WITHIN}/{kind.lower()}s", accept=METADATA), "v1", kind)
    yield from _gardens(api) or []


def _read(api: client.Client) -> Kept:
    """The Garden and what belongs to it, of one moment: a rotation changes both."""
    for _attempt in range(ATTEMPTS):
        before = [garden_state.restorable(one) for one in _gardens(api) or []]
        kept = _beside(api, before)
        after = [garden_state.restorable(one) for one in _gardens(api) or []]
        if list(map(_decisive, before)) == list(map(_decisive, after)):
            return kept
        time.sleep(PAUSE_SECONDS)
    raise BackupError("the Garden is being changed, nothing was backed up -> the next run will")


def _beside(api: client.Client, gardens: list[Object]) -> Kept:
    secrets = [garden_state.stripped(one) for one in _secrets(api)]
    referred: dict[str, list[Object]] = {objects.SECRET: [], "ConfigMap": []}
    known = set(map(_name, secrets))
    for kind, name in sorted({one for garden in gardens for one in garden_state.referred(garden)}):
        found = api.find(f"{WITHIN}/{kind.lower()}s/{urllib.parse.quote(name, safe='')}")
        if found and not (kind == objects.SECRET and name in known):
            referred[kind].append(garden_state.stripped({**found, "apiVersion": "v1", "kind": kind}))
    secrets.sort(key=lambda one: (garden_state.made(one), _name(one)))
    return Kept(gardens, [*secrets, *referred[objects.SECRET]], referred["ConfigMap"])


def _decisive(garden: Object) -> Object:
    """Its conditions change all the time."""
    return {**garden, "status": garden_state.status_of(garden)}


def _write(path: Path, found: list[Object]) -> None:
    """As a List, which kubectl takes as well. All Secrets in one file: by its checksum nobody guesses a weak one."""
    disk.write(path, json.dumps({"apiVersion": "v1", "kind": "List", "items": found}, sort_keys=True, indent=1))


def _kept(directory: Path) -> Kept:
    found = {}
    for field, file in FILES.items():
        try:
            items = json.loads((directory / file).read_text(encoding="utf-8"))["items"]
            found[field] = [one for one in items if one["metadata"]["name"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Damaged(f"{file} cannot be read ({type(error).__name__}) -> use another set") from None
    return Kept(**found)


def _name(one: Object) -> str:
    return str(one["metadata"]["name"])


def _send(api: client.Client, path: str, method: str, one: Object, content: str) -> Object:
    try:
        return api.json(path, method, one, content=content)
    except client.Unreachable as error:
        if error.status and one["kind"] == objects.SECRET:
            # Whatever else it says may be out of the Secret.
            raise BackupError(f"the Kubernetes API refuses {objects.name(one)}: {error.status}") from None
        raise


def _apply(api: client.Client, one: Object, part: str = "") -> Object:
    query = urllib.parse.urlencode({"fieldManager": garden_fit.MANAGER, "force": "true"})
    return _send(api, f"{objects.path(one)}{part}?{query}", "PATCH", one, objects.APPLY)


def _bring(api: client.Client, kept: Object) -> bool:
    """Make an object unless it is there; whether it was made."""
    one = garden_state.wanted(kept)
    if api.find(objects.path(one)) is not None:
        return False
    _apply(api, one)
    return True


def _try(api: client.Client, kept: Kept) -> None:
    """Have what runs say that it would take each of them, and make none."""
    names = set(map(_name, kept.gardens))
    if others := sorted(set(map(_name, _gardens(api) or [])) - names):
        raise BackupError(
            f"Garden {', '.join(others)} lives here, and is none of the set, which has {', '.join(sorted(names))}:"
            " there can be only one, so that what runs cannot be asked of this one -> use a set of the one that lives"
        )
    for one in kept.gardens:
        _try_garden(api, one)
    for one in (*kept.secrets, *kept.configmaps):
        _try_anew(api, one)


def _try_anew(api: client.Client, kept: Object) -> None:
    trial = garden_state.wanted(kept)
    trial["metadata"]["name"] = f"rehearsal-{_name(kept)}"
    place = objects.path(trial).rpartition("/")[0]
    _send(api, f"{place}?{DRY}", "POST", trial, JSON)


def _try_garden(api: client.Client, kept: Object) -> None:
    """Gardener refuses a second one: where it lives, that one is to become what the set has."""
    for _attempt in range(ATTEMPTS):
        living = api.find(objects.path(kept))
        try:
            if living is None:
                _try_anew(api, kept)
            else:
                _send(api, f"{objects.path(kept)}?{DRY}", "PUT", garden_state.change(kept, living), JSON)
            return
        except client.Unreachable as error:
            if error.status not in (*REFUSED, CHANGED):
                raise
            if error.status in REFUSED:
                raise BackupError(
                    f"what runs would not take Garden {_name(kept)} of the set: {error} -> use a later set if the"
                    " Garden was founded anew, or Gardener made newer, since; this is no damage, which level 2 tells"
                ) from None
        time.sleep(PAUSE_SECONDS)
    raise BackupError(f"Garden {_name(kept)} is being changed, the set was not tried on it -> the next run will")


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
