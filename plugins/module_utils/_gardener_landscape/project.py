# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module gardener_project does, and what it tells of that."""

from __future__ import annotations

import typing as t

from .._gardener import change, options, running, view
from .._gardener.client import Garden, Object
from .._gardener.errors import GardenError
from .._gardener.options import Given
from .._gardener.running import Outcome, Written
from .._gardener.waiting import Verdict
from .._k3s.gate import Failure
from . import removal
from .kinds import NAMESPACE, PROJECT

# By which gardener-controller-manager takes a namespace that is there already for that of a project
# (namespaceLabelsFromProject of its project controller).
ROLE, NAME = "gardener.cloud/role", "project.gardener.cloud/name"
READY, FAILED = "Ready", "Failed"
_PREFIX = "garden-"
_VIEWER = "viewer"
_PLAIN = ("description", "purpose", "owner", "tolerations")


def run(module: t.Any) -> None:
    """Act, wait and answer. A module that was given what a former slice has written only waits."""
    running.run(module, f"Project {module.params['name']}", _act, _wait)


def namespace_of(given: Given) -> str:
    """Its namespace, by its name unless one is given."""
    return given["namespace"] or f"{_PREFIX}{given['name']}"


def described(given: Given) -> Object:
    """The Project as it is applied; what is not given stays as it is."""
    spec = {key: _bare(given[key]) for key in _PLAIN if given[key]}
    if given["members"] is not None:
        spec["members"] = [_member(one) for one in given["members"]]
    return change.manifest(
        PROJECT, given["name"], labels=given["labels"], spec={"namespace": namespace_of(given), **spec}
    )


def judge(found: Object | None, uid: str, generation: int) -> Verdict:
    """What does not hold yet of a project that was written; its controller tries again what has failed."""
    if found is None or found["metadata"]["uid"] != uid:
        seen = "it is gone" if found is None else "another one of its name"
        return [Failure("the project is there", seen, "the one that was written", "see who has deleted it")], True
    status = found.get("status") or {}
    observed, phase = status.get("observedGeneration", 0), status.get("phase") or "none yet"
    if observed < generation:
        return [
            Failure(
                f"gardener-controller-manager has seen generation {generation}",
                f"generation {observed} was seen last, phase {phase}",
                f"generation {generation}",
                "see whether gardener-controller-manager runs",
            )
        ], False
    if phase != READY:
        name = found["metadata"]["name"]
        return [Failure("the project is ready", f"phase {phase}", READY, f"see the events of Project {name}")], False
    return [], False


def _act(given: Given, check: bool) -> Outcome:
    options.checked({**given, "namespace": namespace_of(given)}, "name", "namespace")
    garden = options.opened(given)
    outcome = (_absent if given["state"] == "absent" else _present)(garden, given, check)
    return outcome._replace(warnings=[*garden.warnings, *outcome.warnings])


def _present(garden: Garden, given: Given, check: bool) -> Outcome:
    changes = [
        *_namespace(garden, given),
        change.planned(garden, PROJECT, described(given), given["force"], patient=not check),
    ]
    project = change.write(garden, changes, check)[-1]
    metadata = project["metadata"]
    return Outcome(
        {
            "changed": any(one.changed for one in changes),
            "diff": change.differences(changes),
            "adopted_from": changes[-1].adopted,
            **_told(project, given),
        },
        {} if check else {"uid": metadata["uid"], "generation": metadata["generation"]},
        change.notes(changes),
    )


def _namespace(garden: Garden, given: Given) -> list[change.Change]:
    """The labels that a namespace lacks which is there before its project; one that is not is made by Gardener.

    One that we had made would stay when the project goes.
    """
    name, namespace = given["name"], namespace_of(given)
    live = garden.get(NAMESPACE, "", namespace)
    if live is None:
        return []
    labels, wanted = live["metadata"].get("labels") or {}, {ROLE: "project", NAME: name}
    if (other := labels.get(NAME, name)) != name:
        raise GardenError(
            f"namespace {namespace} belongs to project {other} -> take another namespace. Nothing was changed"
        )
    if wanted.items() <= labels.items():
        return []
    # The role of the namespace garden is another one until it has a project.
    return [change.planned(garden, NAMESPACE, change.manifest(NAMESPACE, namespace, labels=wanted), force=True)]


def _absent(garden: Garden, given: Given, check: bool) -> Outcome:
    live = garden.get(PROJECT, "", given["name"])
    if live is None:
        return Outcome({**_told(None, given), "diff": {"before": {}, "after": {}}}, {}, [])
    used = removal.shoots(garden, lambda _shoot: True, live["spec"].get("namespace") or namespace_of(given))
    removal.refuse(PROJECT, live, given["confirm_deletion"], used)
    changed = removal.begin(garden, PROJECT, live, check, confirm=True)
    result = {"changed": changed, "diff": removal.difference(live, changed), **_told(live, given)}
    return Outcome(result, {"uid": live["metadata"]["uid"], "generation": 0}, [])


def _wait(given: Given, written: Written) -> tuple[list[Failure], Object]:
    uid, generation = written["uid"], int(written["generation"])
    gone = removal.gone(PROJECT, uid, "see what is left in its namespace")

    def verdict(found: Object | None) -> Verdict:
        return judge(found, uid, generation) if given["state"] == "present" else gone(found)

    waited = running.until(given, PROJECT, given["timeout"], verdict)
    return waited.failures, {**_told(waited.found, given), **running.waited(waited)}


def _told(project: Object | None, given: Given) -> Object:
    found = project or {"spec": {}}
    return {
        "project": view.told(project),
        "namespace": found["spec"].get("namespace") or namespace_of(given),
        "phase": (found.get("status") or {}).get("phase", ""),
    }


def _bare(given: t.Any) -> t.Any:
    """Options without those that are open."""
    if isinstance(given, dict):
        return {key: _bare(value) for key, value in given.items() if value is not None}
    return [_bare(one) for one in given] if isinstance(given, list) else given


def _member(given: t.Mapping[str, t.Any]) -> Object:
    """A member as the API has it: the first of its roles is apart."""
    subject = {key: given[key] for key in ("kind", "name", "namespace") if given[key]}
    first, *more = given["roles"] or [_VIEWER]
    return {**subject, "role": first, **({"roles": more} if more else {})}
