# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module gardener_credentials does, and what it tells of that."""

from __future__ import annotations

import typing as t

from .._gardener import change, options, ownership, running, view, waiting
from .._gardener.client import Garden, Object, Refusal
from .._gardener.errors import GardenError
from .._gardener.options import Given
from .._gardener.running import Outcome, Written
from .._k3s.gate import Failure
from . import removal, secret
from .kinds import CREDENTIALS_BINDING, SECRET, SECRET_BINDING


def run(module: t.Any) -> None:
    """Act, wait and answer. A module that was given what a former slice has written only waits."""
    given = module.params
    running.run(module, f"{given['namespace']}/{given['name']}", _act(module.no_log_values), _wait)


def described(given: Given) -> Object:
    """The CredentialsBinding as it is applied."""
    reference = {"apiVersion": "v1", "kind": "Secret", "namespace": given["namespace"], "name": secret_of(given)}
    return change.manifest(
        CREDENTIALS_BINDING,
        given["name"],
        given["namespace"],
        labels=given["labels"],
        provider={"type": given["provider_type"]},
        credentialsRef=reference,
    )


def secret_of(given: Given) -> str:
    """The name of its Secret, its own unless one is given."""
    return str(given["secret_name"] or given["name"])


def _act(masked: set[str]) -> running.Act:
    """masked: what Ansible does not tell, to which is added what is read from files."""

    def act(given: Given, check: bool) -> Outcome:
        options.checked({**given, "secret_name": secret_of(given)}, "namespace", "name", "secret_name")
        held = secret.read(f"Secret {secret_of(given)}", given["data"], given["data_files"])
        masked.update(secret.texts_of(held))
        garden = options.opened(given)
        outcome = _absent(garden, given, check) if given["state"] == "absent" else _present(garden, given, held, check)
        return outcome._replace(warnings=[*garden.warnings, *outcome.warnings])

    return act


def _present(garden: Garden, given: Given, held: dict[str, bytes], check: bool) -> Outcome:
    _refuse(garden.get(CREDENTIALS_BINDING, given["namespace"], given["name"]), described(given))
    changes = []
    if held:
        wanted = secret.manifest(given["namespace"], secret_of(given), held, given["labels"])
        changes.append(change.planned(garden, SECRET, wanted, given["force"], patient=not check))
    # What the binding refers to is written before it.
    patient = not check and not any(one.live is None for one in changes)
    changes.append(change.planned(garden, CREDENTIALS_BINDING, described(given), given["force"], patient))
    binding = change.write(garden, changes, check)[-1]
    return Outcome(
        {
            "changed": any(one.changed for one in changes),
            "diff": change.differences(changes),
            "credentials_binding": view.told(binding),
            "secret_name": secret_of(given),
        },
        {},
        change.notes(changes),
    )


def _refuse(live: Object | None, wanted: Object) -> None:
    """Raise GardenError for what is immutable. The garden would miss another Secret before it says so."""
    for field in ("provider", "credentialsRef"):
        there, mine = (live or wanted)[field], wanted[field]
        if other := [
            f"{field}.{key} is {there.get(key)}, not {mine[key]}" for key in mine if there.get(key) != mine[key]
        ]:
            raise GardenError(
                f"{', '.join(other)}: a CredentialsBinding is immutable -> take another name, and have shoots use that."
                " Nothing was changed"
            )


def _absent(garden: Garden, given: Given, check: bool) -> Outcome:
    """Both are deleted at once; Gardener keeps the Secret until its binding is gone."""
    namespace, name = given["namespace"], secret_of(given)
    binding = garden.get(CREDENTIALS_BINDING, namespace, given["name"])
    held = garden.get(SECRET, namespace, name)
    stays = _stays(garden, given, held) if held is not None else ""
    going = [(CREDENTIALS_BINDING, binding), (SECRET, None if stays else held)]
    for kind, live in going:
        if live is not None:
            used = _shoots(garden, given) if kind is CREDENTIALS_BINDING else []
            removal.refuse(kind, live, given["confirm_deletion"], used)
    changed = {}
    for kind, live in going:
        if live is not None and removal.begin(garden, kind, live, check):
            changed[change.called(kind, live)] = view.compared(live)
    return Outcome(
        {
            "changed": bool(changed),
            "diff": {"before": changed, "after": {}},
            "credentials_binding": view.told(binding),
            "secret_name": name,
        },
        {kind.name: live["metadata"]["uid"] for kind, live in going if live is not None},
        [f"Secret {namespace}/{name} stays, since {stays}"] if stays else [],
    )


def _shoots(garden: Garden, given: Given) -> list[str]:
    def uses(shoot: Object) -> bool:
        return bool(shoot["spec"].get("credentialsBindingName") == given["name"])

    return removal.shoots(garden, uses, given["namespace"])


def _stays(garden: Garden, given: Given, held: Object) -> str:
    """Why the Secret is not deleted, empty where it is."""
    if not ownership.ours(held):
        return "it was made by others"
    others = _others(garden, given)
    return f"{', '.join(others)} uses it, too" if others else ""


def _others(garden: Garden, given: Given) -> list[str]:
    """Other bindings, of any namespace and of both kinds, that refer to the same Secret."""
    wanted = described(given)["credentialsRef"]
    found = [
        change.called(CREDENTIALS_BINDING, one)
        for one in garden.list(CREDENTIALS_BINDING)
        if all(one["credentialsRef"].get(key) == value for key, value in wanted.items())
        and change.place(one) != (given["namespace"], given["name"])
    ]
    return found + [
        change.called(SECRET_BINDING, one)
        for one in _secret_bindings(garden)
        if all(one["secretRef"].get(key) == wanted[key] for key in ("namespace", "name"))
    ]


def _secret_bindings(garden: Garden) -> list[Object]:
    """None where the garden does not know their kind any more."""
    try:
        return garden.list(SECRET_BINDING)
    except Refusal as error:
        if error.status != 404:
            raise
        return []


def _wait(given: Given, written: Written) -> tuple[list[Failure], Object]:
    """Wait until the binding is gone, and its Secret after it."""
    names = {CREDENTIALS_BINDING: given["name"], SECRET: secret_of(given)}
    waited = waiting.Waited(None, [], False, 0.0)
    for kind, name in names.items():
        if kind.name not in written or waited.failures:
            continue
        verdict = removal.gone(kind, written[kind.name], "see what still uses it")
        left = max(0.0, given["timeout"] - waited.seconds)
        now = running.until({**given, "name": name}, kind, left, verdict, given["namespace"])
        waited = now._replace(seconds=waited.seconds + now.seconds)
    return waited.failures, running.waited(waited)
