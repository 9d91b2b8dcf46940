# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module gardener_seed does, and what it tells of that."""

from __future__ import annotations

import typing as t

from .._gardener import change, options, refusals, running, view, waiting
from .._gardener.client import Garden, Object, Refusal
from .._gardener.errors import GardenError
from .._gardener.kinds import MANAGED_SEED, SEED
from .._gardener.options import Given
from .._gardener.running import Outcome, Written
from .._k3s.gate import Failure
from .._release import versions
from . import gardenlet, removal, secret, seed_status
from .kinds import GARDENLET, SECRET

_LEFT = (
    "the Deployment of gardenlet stays in the seed's cluster, since Gardener does not remove it -> delete it once the"
    " Seed is gone"
)


def run(module: t.Any) -> None:
    """Act, wait and answer. A module that was given what a former slice has written only waits."""
    running.run(module, f"Seed {module.params['name']}", _act(module.no_log_values), _wait)


def _act(masked: set[str]) -> running.Act:
    """masked: what Ansible does not tell, to which is added what is read from files."""

    def act(given: Given, check: bool) -> Outcome:
        options.checked(given, "name")
        held = {one["name"]: _held(one) for one in given["secrets"]}
        first = _kubeconfig(given)
        masked.update(text for one in (*held.values(), first) for text in secret.texts_of(one))
        garden = options.opened(given)
        outcome = (
            _absent(garden, given, check) if given["state"] == "absent" else _present(garden, given, held, first, check)
        )
        return outcome._replace(warnings=[*garden.warnings, *outcome.warnings])

    return act


def _kubeconfig(given: Given) -> dict[str, bytes]:
    """What the Secret holds by which gardenlet is deployed to another cluster; empty for that of gardener-operator."""
    path = given["cluster_kubeconfig"]
    return secret.read("cluster_kubeconfig", {}, {"kubeconfig": path}) if path else {}


def _held(given: t.Mapping[str, t.Any]) -> dict[str, bytes]:
    options.checked(given, "name")
    return secret.read(f"Secret {given['name']}", given["data"], given["data_files"])


def _present(
    garden: Garden, given: Given, held: t.Mapping[str, dict[str, bytes]], first: dict[str, bytes], check: bool
) -> Outcome:
    if found := gardenlet.mistakes(given):
        raise GardenError(f"{'; '.join(found)}. Nothing was changed")
    seed = garden.get(SEED, "", given["name"])
    _refuse(garden, given, seed)
    labels = {one["name"]: one["labels"] for one in given["secrets"]}
    lent = _lent(garden, given, seed)
    if lent and seed is None:
        held, labels = {**held, lent: first}, {**labels, lent: {}}
    changes = [
        change.planned(
            garden, SECRET, secret.manifest(gardenlet.NAMESPACE, name, data, labels[name]), given["force"], not check
        )
        for name, data in held.items()
    ]
    wanted = gardenlet.manifest(given, lent)
    changes.append(change.planned(garden, GARDENLET, wanted, given["force"], patient=not check))
    if unknown := gardenlet.lost(wanted["spec"], changes[-1].after["spec"], "spec"):
        raise GardenError(f"Gardener knows nothing of {', '.join(unknown)} -> correct their names. Nothing was changed")
    _foresee(garden, given)
    made = change.write(garden, changes, check)[-1]
    metadata = made["metadata"]
    return Outcome(
        {
            "changed": any(one.changed for one in changes),
            "diff": change.differences(changes),
            "adopted_from": changes[-1].adopted,
            "gardenlet": view.told(made),
            **seed_status.told(seed),
        },
        {} if check else {"uid": metadata["uid"], "generation": metadata["generation"]},
        change.notes(changes),
    )


def _lent(garden: Garden, given: Given, seed: Object | None) -> str:
    """The Secret by which gardener-operator deploys gardenlet to another cluster, empty without.

    It removes that, and its name in the Gardenlet, once there is the Seed (pkg/operator/controller/gardenlet of
    v1.138): who took the name away before would leave the Secret.
    """
    if not given["cluster_kubeconfig"]:
        return ""
    if seed is None:
        return f"{given['name']}-kubeconfig"
    return _named(garden.get(GARDENLET, gardenlet.NAMESPACE, given["name"]))


def _named(own: Object | None) -> str:
    return str((((own or {}).get("spec") or {}).get("kubeconfigSecretRef") or {}).get("name") or "")


def _refuse(garden: Garden, given: Given, seed: Object | None) -> None:
    """Raise GardenError where the seed is another's, goes, or would be set back."""
    version = gardenlet.version(given)
    _refuse_managed(garden, given["name"], "take another name")
    if seed is None:
        return
    if deleted := seed["metadata"].get("deletionTimestamp"):
        raise GardenError(f"it is being deleted since {deleted} -> wait until it is gone. Nothing was changed")
    runs = ((seed.get("status") or {}).get("gardener") or {}).get("version", "")
    if version and runs and versions.is_lower(version, runs):
        raise GardenError(
            f"gardenlet runs {runs}, and {version} is lower, which Gardener does not support -> deploy {runs} or later."
            " Nothing was changed"
        )


def _refuse_managed(garden: Garden, name: str, remedy: str) -> None:
    if garden.get(MANAGED_SEED, gardenlet.NAMESPACE, name):
        raise GardenError(f"a ManagedSeed of this name makes the seed -> {remedy}. Nothing was changed")


def _foresee(garden: Garden, given: Given) -> None:
    """Raise GardenError where gardenlet could not register its Seed, which it would tell in its log alone.

    Secrets that the Seed refers to may not be there yet.
    """
    marks = {key: given[f"seed_{key}"] for key in ("labels", "annotations")}
    wanted = change.manifest(SEED, given["name"], spec=given["seed"], **marks)
    try:
        garden.apply(SEED, wanted, dry=True, force=True)
    except Refusal as error:
        if not refusals.unknown(error):
            raise GardenError(
                f"the garden would refuse its Seed: {refusals.explained(error)}. Nothing was changed"
            ) from error


def _absent(garden: Garden, given: Given, check: bool) -> Outcome:
    """The Gardenlet goes first: while it is there, gardener-operator would deploy gardenlet anew without a Seed."""
    name = given["name"]
    own, seed = garden.get(GARDENLET, gardenlet.NAMESPACE, name), garden.get(SEED, "", name)
    _refuse_managed(garden, name, "delete that")
    for kind, live in ((SEED, seed), (GARDENLET, own)):
        if live is not None:
            used = removal.shoots(garden, lambda one: seed_status.carries(name, one))
            removal.refuse(kind, live, given["confirm_deletion"], used)
    changed = {}
    # One that was never registered has its kubeconfig yet.
    lent = garden.get(SECRET, gardenlet.NAMESPACE, _named(own)) if _named(own) else None
    for kind, live in ((GARDENLET, own), (SECRET, lent), (SEED, seed)):
        if live is not None and removal.begin(garden, kind, live, check):
            changed[change.called(kind, live)] = view.compared(live)
    return Outcome(
        {
            "changed": bool(changed),
            "diff": {"before": changed, "after": {}},
            "gardenlet": view.told(own),
            **seed_status.told(seed),
        },
        {} if seed is None else {"uid": seed["metadata"]["uid"], "generation": 0},
        [_LEFT] if changed else [],
    )


def _wait(given: Given, written: Written) -> tuple[list[Failure], Object]:
    name = given["name"]
    if given["state"] == "absent":
        verdict = removal.gone(SEED, written["uid"], "see the log of gardenlet in the seed's cluster")
        waited = _until(given, SEED, given["timeout"], verdict)
        return waited.failures, {**seed_status.told(waited.found), **running.waited(waited)}
    uid, generation = written["uid"], int(written["generation"])
    first = _until(given, GARDENLET, given["timeout"], lambda found: seed_status.deployed(found, uid, generation))
    own = first.found or {"spec": {}}
    told = {"gardenlet": view.told(first.found)}
    if first.failures:
        return first.failures, {**told, **running.waited(first)}
    wanted = ((own["spec"].get("config") or {}).get("seedConfig") or {}).get("spec") or {}
    second = _until(
        given,
        SEED,
        max(0.0, given["timeout"] - first.seconds),
        lambda found: seed_status.ready(found, name, wanted, gardenlet.version(given), given["healthy"]),
    )
    waited = second._replace(seconds=first.seconds + second.seconds)
    return waited.failures, {**told, **seed_status.told(waited.found), **running.waited(waited)}


def _until(given: Given, kind: t.Any, seconds: float, verdict: t.Any) -> waiting.Waited:
    namespace = gardenlet.NAMESPACE if kind is GARDENLET else ""
    return running.until(given, kind, seconds, verdict, namespace)
