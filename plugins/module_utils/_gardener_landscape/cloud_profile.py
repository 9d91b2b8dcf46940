# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module gardener_cloud_profile does, and what it tells of that."""

from __future__ import annotations

import typing as t

from .._gardener import change, options, running, view
from .._gardener.client import Garden, Object
from .._gardener.errors import GardenError
from .._gardener.options import Given
from .._gardener.running import Outcome, Written
from .._k3s.gate import Failure
from . import removal
from .kinds import CLOUD_PROFILE, NAMESPACED_CLOUD_PROFILE
from .options import texts


def run(module: t.Any) -> None:
    """Act, wait and answer. A module that was given what a former slice has written only waits."""
    running.run(module, f"CloudProfile {module.params['name']}", _act, _wait)


def mistakes(spec: Object) -> list[str]:
    """What is refused before anything is asked."""
    return texts("it, since YAML takes 1.40 for the number 1.4", _versions(spec))


def _act(given: Given, check: bool) -> Outcome:
    options.checked(given, "name")
    garden = options.opened(given)
    outcome = (_absent if given["state"] == "absent" else _present)(garden, given, check)
    return outcome._replace(warnings=[*garden.warnings, *outcome.warnings])


def _present(garden: Garden, given: Given, check: bool) -> Outcome:
    if found := mistakes(given["spec"]):
        raise GardenError(f"{'; '.join(found)}. Nothing was changed")
    marks = {key: given[key] for key in ("labels", "annotations")}
    wanted = change.manifest(CLOUD_PROFILE, given["name"], spec=given["spec"], **marks)
    planned = change.planned(garden, CLOUD_PROFILE, wanted, given["force"], patient=not check)
    (profile,) = change.write(garden, [planned], check)
    result = {"changed": planned.changed, "diff": change.differences([planned]), "cloud_profile": view.told(profile)}
    return Outcome({**result, "adopted_from": planned.adopted}, {}, change.notes([planned]))


def _absent(garden: Garden, given: Given, check: bool) -> Outcome:
    live = garden.get(CLOUD_PROFILE, "", given["name"])
    if live is None:
        return Outcome({"cloud_profile": {}, "diff": {"before": {}, "after": {}}}, {}, [])
    removal.refuse(CLOUD_PROFILE, live, given["confirm_deletion"], _users(garden, given["name"]))
    changed = removal.begin(garden, CLOUD_PROFILE, live, check)
    return Outcome(
        {"changed": changed, "diff": removal.difference(live, changed), "cloud_profile": view.told(live)},
        {"uid": live["metadata"]["uid"]},
        [],
    )


def _wait(given: Given, written: Written) -> tuple[list[Failure], Object]:
    verdict = removal.gone(CLOUD_PROFILE, written["uid"], "see what still uses it")
    waited = running.until(given, CLOUD_PROFILE, given["timeout"], verdict)
    return waited.failures, {"cloud_profile": view.told(waited.found), **running.waited(waited)}


def _users(garden: Garden, name: str) -> list[str]:
    """The shoots and the profiles of namespaces that are made by it."""

    def uses(shoot: Object) -> bool:
        spec = shoot["spec"]
        profile = spec.get("cloudProfile") or {"kind": "CloudProfile", "name": spec.get("cloudProfileName")}
        return (profile.get("kind") or "CloudProfile", profile.get("name")) == ("CloudProfile", name)

    children = garden.list(NAMESPACED_CLOUD_PROFILE)
    return removal.shoots(garden, uses) + [
        change.called(NAMESPACED_CLOUD_PROFILE, one) for one in children if one["spec"]["parent"]["name"] == name
    ]


def _versions(spec: Object) -> t.Iterator[tuple[str, t.Any]]:
    """All versions that a profile offers, each with its place."""
    for one in (spec.get("kubernetes") or {}).get("versions") or []:
        yield "spec.kubernetes.versions", one.get("version")
    for image in spec.get("machineImages") or []:
        for one in image.get("versions") or []:
            yield f"spec.machineImages[{image.get('name')}].versions", one.get("version")
