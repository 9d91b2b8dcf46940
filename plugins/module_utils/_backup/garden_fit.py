# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a cluster may take a Garden that is restored: nothing acts on one, and no other one is in its way. Pure."""

from __future__ import annotations

import re
import typing as t

from .._k3s import releases
from . import garden_state
from .garden_state import Object

# Who has written what a restore is about to complete.
MANAGER = "metalstack.autonomous-restore"
# All that it has of an object once that was compared: where nobody has anything, the API has somebody own all of it.
LET_GO: Object = {"f:metadata": {}}
OPERATOR = "gardener-operator"
HOOKS = ("mutatingwebhookconfiguration", "validatingwebhookconfiguration")
_TAG = re.compile(r":v?(\d+\.\d+\.\d+[^@/]*)(?:@|$)")


class Here(t.NamedTuple):
    """What there is on the cluster; gardens is None where its API knows none, or they have no namespace."""

    gardens: list[Object] | None
    operator: Object | None
    hooks: list[str]
    secrets: list[Object]


def version(operator: Object | None) -> str:
    """The version that the Deployment of the operator runs, C(v1.138.3); empty where its image does not say so."""
    containers = operator["spec"]["template"]["spec"]["containers"] if operator else []
    tags = [_TAG.search(str(one.get("image", ""))) for one in containers]
    return next((f"v{tag[1]}" for tag in tags if tag), "")


def ours(found: Object) -> bool:
    """Whether a restore has written to an object, and was not confirmed yet."""
    managed = found["metadata"].get("managedFields") or []
    return any(one.get("manager") == MANAGER and one.get("fieldsV1") != LET_GO for one in managed)


def let_go(managed: list[Object]) -> list[Object]:
    """Who has written to an object, once a restore of it was confirmed: whoever applies it next meets no conflict."""
    others = [one for one in managed if one.get("manager") != MANAGER]
    own = [one for one in managed if one.get("manager") == MANAGER and not one.get("subresource")]
    return [*others, *({**one, "fieldsV1": LET_GO} for one in own)]


def refusals(here: Here, facts: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """Why nothing is restored, each with what to do about it."""
    wanted = facts["operator"] or next((one["gardener"] for one in facts["gardens"].values()), "")
    if here.gardens is None:
        yield (
            f"this cluster knows no Gardens, or has no namespace {garden_state.NAMESPACE} -> install {OPERATOR}"
            f" {wanted}, without replicas (replicaCount: 0 in its chart)"
        )
    for garden in here.gardens or []:
        # What an interrupted restore has left nobody has acted on.
        if not ours(garden) or (garden.get("status") or {}).get("lastOperation"):
            name = garden["metadata"]["name"]
            yield f"Garden {name} lives here, and is not replaced -> delete it first if it is to go, as Gardener says"
    yield from _of_operator(here, wanted)
    strangers = sorted(
        name for name, digest in garden_state.state(here.secrets).items() if facts["state"].get(name) != digest
    )
    if strangers:
        yield (
            f"Secrets of another Garden are in the namespace {garden_state.NAMESPACE}: {', '.join(strangers)} -> delete"
            " them, once nothing needs them any more"
        )


def _of_operator(here: Here, wanted: str) -> t.Iterator[str]:
    found, running = version(here.operator), 0
    if here.operator:
        told = (here.operator.get("status") or {}).get("replicas", 0)
        running = max(here.operator["spec"].get("replicas", 1), told)
    if running:
        yield (
            f"{OPERATOR} runs here with {running} replicas, and would make new keys for a Garden that has none"
            f" -> kubectl -n {garden_state.NAMESPACE} scale deployment {OPERATOR} --replicas=0"
        )
    if found and wanted and not releases.same_minor(found, wanted):
        yield f"the set is of {OPERATOR} {wanted}, here is {found} -> install {wanted}"
    if here.hooks:
        yield (
            f"its webhooks are there, which nobody answers without it, and which it makes anew -> kubectl delete"
            f" {','.join(here.hooks)} {OPERATOR}"
        )
