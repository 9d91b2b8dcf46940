# Copyright: (c) 2026, metal-stack authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import datetime
import typing as t

from ansible_collections.metalstack.autonomous.plugins.module_utils._kube.client import Cluster
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack import (
    components,
    record,
    secrets,
    variables,
)
from ansible_collections.metalstack.autonomous.plugins.module_utils._metal_stack.errors import refuse
from ansible_collections.metalstack.autonomous.plugins.plugin_utils._metal_stack import action, certificates


class ActionModule(action.ControlPlaneAction):
    """Has the secrets of a control plane in its cluster, each made once."""

    OPTIONS: t.ClassVar[dict[str, t.Any]] = {**action.COMMON, **action.KUBECONFIG}

    def act(self, given: dict[str, t.Any]) -> dict[str, t.Any]:
        wanted, cluster = given["control_plane"], self.cluster(given)
        chosen = components.chosen(wanted["components"])
        found = cluster.get("Secret", wanted["namespace"], record.NAME)
        before = secrets.decoded((found or {}).get("data"))
        known = {one["name"] for one in wanted["databases"] if one["intent"] != "fresh"}
        deployed = _deployed(cluster, wanted["namespace"])
        settled, refused = secrets.settle(chosen, before, wanted["variables"], deployed, known)
        refuse([*refused, *certificates.lost(chosen, before, wanted["variables"], known)])
        after, issued = certificates.settle(
            chosen,
            settled.kept,
            wanted["variables"],
            wanted["stage"],
            wanted["namespace"],
            variables.dns(wanted),
            datetime.datetime.now(datetime.UTC),
        )
        changed = after != before
        if changed and not self._task.check_mode:
            cluster.keep("Secret", wanted["namespace"], record.NAME, secrets.encoded(after), found)
        told = {name: getattr(settled, name) for name in ("made", "given", "adopted", "replaced")}
        diff = {"before": _names(before, before), "after": _names(after, before)}
        return {"changed": changed, **told, "issued": issued, "diff": diff}


def _deployed(cluster: Cluster, namespace: str) -> dict[str, str]:
    """The passwords that databases in the cluster run with, by variable."""
    found = {}
    for database in components.DATABASES.values():
        name, key = database.credentials
        there = cluster.get("Secret", namespace, name) if database.password else None
        if there and key in (there.get("data") or {}):
            found[database.password] = secrets.decoded(there["data"])[key]
    return found


def _names(kept: secrets.Kept, before: secrets.Kept) -> str:
    """The lines of a diff, without a secret."""
    return "".join(
        f"{name}: {'(secret)' if before.get(name, value) == value else '(another secret)'}\n"
        for name, value in sorted(kept.items())
    )
